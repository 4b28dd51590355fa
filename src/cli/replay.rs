use super::against;
use super::args::Replay;
use super::exit::Exit;
use super::incident;
use super::out::{self, Format, Out};
use super::over;
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding};
use crate::experiment::{Address, Request, prepare_over};
use crate::ledger;
use crate::report::{Told, trial};

pub(super) fn run(asked: &Replay) -> Exit {
    let outs = match outs(asked) {
        Ok(outs) => outs,
        Err(finding) => {
            let screen = Screen {
                stdout_is_data: false,
            };
            screen.findings(&Documents::default(), &[finding]);
            return Exit::CouldNotJudge;
        }
    };
    let screen = Screen {
        stdout_is_data: outs.iter().any(Out::is_stdout),
    };
    match asked.subject.parse::<Address>() {
        Ok(address) => replay(asked, address, &outs, screen),
        Err(_) if std::path::Path::new(&asked.subject).exists() => match &asked.against {
            None => incident::run(asked, &outs, screen),
            Some(file) => against::run(asked, file, &outs, screen),
        },
        Err(error) => {
            let finding = Finding::error(format!("{error}, and there is no such file or folder"));
            screen.findings(&Documents::default(), &[finding]);
            Exit::CouldNotJudge
        }
    }
}

/// What else is to be written: of a story everything but a table or a ledger.
fn outs(asked: &Replay) -> Result<Vec<Out>, Finding> {
    let outs = Out::parse_all(&asked.out)?;
    match outs
        .iter()
        .find(|out| matches!(out.format, Format::Csv | Format::Ledger))
    {
        None => Ok(outs),
        Some(_) => Err(Finding::error("a story is no table and no ledger")
            .help("write --out html=PATH, md=PATH or json=PATH")),
    }
}

/// One trial's story, from the ledger that holds its documents.
fn replay(asked: &Replay, address: Address, outs: &[Out], screen: Screen) -> Exit {
    let fail = |finding: Finding| {
        screen.findings(&Documents::default(), &[finding]);
        Exit::CouldNotJudge
    };
    if !asked.policy.is_empty()
        || asked.deployment.is_some()
        || asked.against.is_some()
        || asked.argo_version.is_some()
    {
        let finding =
            Finding::error("--policy, --deployment, --against and --argo-version are for recordings");
        return fail(finding.help("an address names its policy already, and its ledger the release"));
    }
    let manifest = match ledger::read_manifest(&asked.ledger) {
        Ok(manifest) => manifest,
        Err(error) => {
            return fail(
                Finding::error(error.to_string())
                    .help("an address is looked up in the ledger of its run: --ledger FOLDER"),
            );
        }
    };
    let seeds = manifest.first_seed..manifest.first_seed + manifest.seeds;
    if !seeds.contains(&address.seed) {
        let message = format!("{} holds no seed {}", asked.ledger.display(), address.seed);
        return fail(Finding::error(message).help(format!(
            "its seeds are {} to {}",
            seeds.start,
            seeds.end - 1
        )));
    }
    let ours = env!("CARGO_PKG_VERSION");
    if manifest.tool != ours {
        let message = format!(
            "this ledger was made by version {}, this is {ours}",
            manifest.tool
        );
        let finding = Finding::warning(message).help("the story told here may be another one");
        screen.findings(&Documents::default(), &[finding]);
    }
    let mut documents = Documents::default();
    for document in &manifest.documents {
        documents.add(document.name.clone(), document.text.as_str());
    }
    let request: Request = match serde_json::from_value(manifest.options.clone()) {
        Ok(request) => request,
        Err(error) => {
            return fail(Finding::error(format!(
                "the ledger's options cannot be read: {error}"
            )));
        }
    };
    let recording = match (&request.recording, &asked.recording) {
        (None, None) => None,
        (None, Some(_)) => {
            let finding = Finding::error("this trial was not played over a recording");
            return fail(finding.help("leave --recording out"));
        }
        (Some(source), None) => {
            let message = format!("this trial was played over the recording {}", source.name);
            let help = format!(
                "name it: --recording {} (digest {})",
                source.name,
                over::short(&source.digest)
            );
            return fail(Finding::error(message).help(help));
        }
        (Some(source), Some(path)) => match over::open_again(path, source) {
            Ok(recording) => Some(recording),
            Err(finding) => return fail(finding),
        },
    };
    let prepared = prepare_over(&documents, &Documents::default(), &request, recording.as_ref());
    let Some((policy, world)) = prepared.plan.find(address) else {
        let names: Vec<String> = manifest
            .policies
            .iter()
            .map(|policy| format!("policy {} is {}", policy.digest, policy.name))
            .chain(
                manifest
                    .worlds
                    .iter()
                    .map(|world| format!("world {} is {}", world.digest, world.name)),
            )
            .collect();
        return fail(
            Finding::error(format!("{} holds no trial {address}", asked.ledger.display()))
                .help(format!("in this ledger {}", names.join(", "))),
        );
    };
    let watched = match prepared.plan.watch(policy, world, address.seed) {
        Ok(watched) => watched,
        Err(cannot) => {
            screen.findings(&documents, &[cannot.finding(&prepared.plan)]);
            return Exit::CouldNotJudge;
        }
    };
    let planned = &prepared.plan.policies[policy].policy;
    let scenario = &prepared.plan.worlds[world].scenario;
    let told = Told::new(
        &documents,
        planned,
        scenario,
        &watched,
        address.to_string(),
        address.seed,
    );
    for Out { format, path } in outs {
        let written =
            draw(&told, *format).and_then(|text| out::write(path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let finding = Finding::error(format!("cannot be written: {error}"));
            return fail(finding.about(path.display().to_string()));
        }
    }
    screen.answer(&format!(
        "{} · {} · seed {}\n{}\n\n{}",
        told.policy, told.world, told.seed, told.description, told.story
    ));
    Exit::Done
}

fn draw(told: &Told, format: Format) -> Result<String, String> {
    match format {
        Format::Json => trial::json(told).map_err(|error| error.to_string()),
        Format::Markdown => Ok(trial::markdown(told)),
        #[cfg(feature = "charts")]
        Format::Html => crate::report::html::trial(told).map_err(|error| error.to_string()),
        #[cfg(not(feature = "charts"))]
        Format::Html => Err("the feature 'charts' is not built in".into()),
        Format::Csv | Format::Ledger => Err("a story is no table and no ledger".into()),
    }
}
