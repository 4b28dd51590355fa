use super::args::Replay;
use super::exit::Exit;
use super::incident;
use super::over;
use super::screen::Screen;
use crate::diagnostic::{Documents, Finding};
use crate::experiment::{Address, Request, prepare_over};
use crate::ledger;
use crate::report::story;

pub(super) fn run(asked: &Replay) -> Exit {
    let screen = Screen {
        stdout_is_data: false,
    };
    match asked.subject.parse::<Address>() {
        Ok(address) => trial(asked, address, screen),
        Err(_) if std::path::Path::new(&asked.subject).exists() => incident::run(asked),
        Err(error) => {
            let finding = Finding::error(format!("{error}, and there is no such file or folder"));
            screen.findings(&Documents::default(), &[finding]);
            Exit::CouldNotJudge
        }
    }
}

/// One trial's story, from the ledger that holds its documents.
fn trial(asked: &Replay, address: Address, screen: Screen) -> Exit {
    let fail = |finding: Finding| {
        screen.findings(&Documents::default(), &[finding]);
        Exit::CouldNotJudge
    };
    if !asked.out.is_empty() || !asked.policy.is_empty() {
        let finding = Finding::error("--out and --policy are for recordings");
        return fail(finding.help("an address names its policy already; its story goes to stdout"));
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
    let (outcome, happenings) = match prepared.plan.replay(policy, world, address.seed) {
        Ok(played) => played,
        Err(cannot) => {
            screen.findings(&documents, &[cannot.finding(&prepared.plan)]);
            return Exit::CouldNotJudge;
        }
    };
    let planned = &prepared.plan.policies[policy].policy;
    let scenario = &prepared.plan.worlds[world].scenario;
    screen.answer(&format!(
        "{} · {} · seed {}\n{}\n\n",
        planned.name, scenario.name, address.seed, scenario.description
    ));
    screen.answer(&story::story(&documents, planned, &happenings, &outcome));
    Exit::Done
}
