use std::path::{Path, PathBuf};

use super::args::Simulate;
use super::exit::Exit;
use super::files::{Source, Sources, short_names};
use super::out::{self, FOLDER, Format, Out};
use super::over;
use super::page;
use super::progress::Progress;
use super::screen::Screen;
use super::stop::Stop;
use super::stories;
use crate::diagnostic::{Documents, Finding, Severity};
use crate::experiment::{Prepared, Request, Results, STATED, Seeds, prepare_over, states_nothing};
use crate::ledger::{self, DocumentEntry, Manifest, PolicyEntry, Row, WorldEntry};
use crate::policy;
use crate::promql::Compat;
use crate::report::{Written, terminal};
use crate::scenario::Verdict;
use crate::score;

/// Everything that was read, and what to say about reading it.
pub(super) struct Read {
    pub(super) documents: Documents,
    pub(super) beside: Documents,
    pub(super) findings: Vec<Finding>,
}

pub(super) fn run(asked: &Simulate) -> Exit {
    let outs = match Out::parse_all(&asked.out) {
        Ok(outs) => outs,
        Err(finding) => {
            Screen {
                stdout_is_data: false,
            }
            .findings(&Documents::default(), &[finding]);
            return Exit::CouldNotJudge;
        }
    };
    let screen = Screen {
        stdout_is_data: outs.iter().any(Out::is_stdout),
    };
    let (worlds, scenario_files) = worlds(&asked.scenario);
    let read = read(&asked.policies, &scenario_files);
    let unstated = without_a_world(&read.documents, &scenario_files);
    if !unstated.is_empty() {
        screen.findings(&read.documents, &[read.findings, unstated].concat());
        screen.talk("nothing was played\n");
        return Exit::CouldNotJudge;
    }
    let (recording, source) = match asked.recording.as_deref().map(over::open).transpose() {
        Ok(Some(opened)) => {
            screen.findings(&read.documents, &opened.findings);
            (Some(opened.recording), Some(opened.source))
        }
        Ok(None) => (None, None),
        Err(finding) => {
            screen.findings(&read.documents, &[finding]);
            return Exit::CouldNotJudge;
        }
    };
    let request = Request {
        worlds,
        recording: source,
        map: asked.map.clone(),
        vary: asked.vary.clone(),
        horizon: asked.horizon,
        operator: asked.operator.clone(),
        prometheus2: asked.play.promql_compat == Compat::V2,
        argo: asked.play.argo_version,
    };
    let mut prepared = prepare_over(&read.documents, &read.beside, &request, recording.as_ref());
    // What is drawn from it is in the plan.
    drop(recording);
    prepared.findings.splice(0..0, read.findings);
    screen.findings(&read.documents, &prepared.findings);
    if let Some(ignored) = &prepared.ignored {
        screen.talk(&format!("{ignored}\n"));
    }
    let errors = prepared
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let played = prepared.plan.policies.len();
    if prepared.wrong_call {
        screen.talk("nothing was played\n");
        return Exit::CouldNotJudge;
    }
    if played == 0 || prepared.plan.worlds.is_empty() {
        if errors {
            screen.talk("nothing was played\n");
            return Exit::CouldNotJudge;
        }
        screen.talk("there is no Rollout with a canary or a blue-green strategy here: nothing to play\n");
        return Exit::NothingSelected;
    }
    if asked.explain_exposition {
        screen.answer(&page::exposition(&prepared));
        return if errors { Exit::CouldNotJudge } else { Exit::Done };
    }
    // Said before the trials are played, not after.
    if let Err(error) = ledger::check_place(&ledger_folder(&outs)) {
        screen.findings(&read.documents, &[Finding::error(error.to_string())]);
        return Exit::CouldNotJudge;
    }
    let (results, signal) = match play(asked, &prepared) {
        Ok(played) => played,
        Err(finding) => {
            screen.findings(&read.documents, &[finding]);
            return Exit::CouldNotJudge;
        }
    };
    if results.seeds == 0 {
        screen.talk("stopped before a single seed was complete: nothing is kept\n");
        return signal.map_or(Exit::CouldNotJudge, Exit::Stopped);
    }
    let answered = answer(
        asked,
        &read.documents,
        &prepared,
        &request,
        &results,
        &outs,
        screen,
    );
    if let Err(finding) = answered {
        screen.findings(&read.documents, &[finding]);
        return Exit::CouldNotJudge;
    }
    if let Some(signal) = signal {
        screen.talk(&format!(
            "stopped: {} of {} seeds are complete and were kept\n",
            results.seeds, asked.play.trials
        ));
        return Exit::Stopped(signal);
    }
    if prepared.refused > 0 {
        let all = prepared.refused + played;
        screen.answer(&format!("{} of {all} policies not played\n", prepared.refused));
    }
    if errors { Exit::CouldNotJudge } else { Exit::Done }
}

/// Names and globs of worlds, and the files among them.
fn worlds(asked: &[String]) -> (Vec<String>, Vec<PathBuf>) {
    let (files, names): (Vec<&String>, Vec<&String>) =
        asked.iter().partition(|text| Path::new(text).is_file());
    let mut names: Vec<String> = names.into_iter().cloned().collect();
    if !files.is_empty() {
        names.push(STATED.into());
    }
    (names, files.into_iter().map(PathBuf::from).collect())
}

/// An error for each of these files that holds no Scenario document.
fn without_a_world(documents: &Documents, files: &[PathBuf]) -> Vec<Finding> {
    let is_asked = |name: &str| files.iter().any(|file| file.display().to_string() == name);
    let empty = documents
        .iter()
        .filter(|&(id, document)| is_asked(&document.name) && states_nothing(documents, id));
    empty
        .map(|(_, document)| {
            Finding::error("holds no Scenario document: it states no world")
                .about(document.name.clone())
                .help("a world is apiVersion: coalmine/v1, kind: Scenario, metadata.name")
        })
        .collect()
}

pub(super) fn read(policies: &[PathBuf], scenarios: &[PathBuf]) -> Read {
    let mut sources = Sources::gather(policies);
    let stated = Sources::gather(scenarios);
    sources.files.extend(stated.files);
    let mut read = Read {
        documents: Documents::default(),
        beside: Documents::default(),
        findings: sources.findings,
    };
    read.findings.extend(stated.findings);
    for Source { name, bytes } in sources.files {
        match policy::text(&name, bytes) {
            Ok(text) => {
                read.documents.add(name, text);
            }
            Err(finding) => read.findings.push(finding),
        }
    }
    for Source { name, bytes } in sources.nearby {
        if let Ok(text) = policy::text(&name, bytes) {
            read.beside.add(name, text);
        }
    }
    read
}

/// Plays until done or until a signal comes; which one came.
fn play(asked: &Simulate, prepared: &Prepared) -> Result<(Results, Option<usize>), Finding> {
    let stop = Stop::listen()?;
    let cells = (prepared.plan.policies.len() * prepared.plan.worlds.len()) as u64;
    let progress = Progress::trials(asked.play.trials * cells, false);
    let seeds = Seeds {
        first: asked.play.seed,
        count: asked.play.trials,
        threads: asked.play.threads.map(usize::from),
        stop: stop.flag(),
        progress: &|seeds| progress.reached(seeds * cells),
    };
    let results = prepared
        .plan
        .play(&seeds)
        .map_err(|cannot| cannot.finding(&prepared.plan))?;
    progress.finish();
    Ok((results, stop.signal()))
}

/// Scores, draws and writes.
fn answer(
    asked: &Simulate,
    documents: &Documents,
    prepared: &Prepared,
    request: &Request,
    results: &Results,
    outs: &[Out],
    screen: Screen,
) -> Result<(), Finding> {
    let cannot_write = |path: &Path, error: &dyn std::fmt::Display| {
        Finding::error(format!("cannot be written: {error}")).about(path.display().to_string())
    };
    let of = |format| {
        outs.iter()
            .find(|out| out.format == format)
            .map(|out| out.path.clone())
    };
    let folder = ledger_folder(outs);
    // Documents are called as a replay from the ledger calls them.
    let named = shortly_named(documents);
    let table = score::played(&named, prepared, results);
    let mut page = page::page(asked, documents, prepared, results, table);
    let html = of(Format::Html).unwrap_or_else(|| Path::new(FOLDER).join("page.html"));
    if cfg!(feature = "charts") {
        page.written.push(Written {
            what: "page".into(),
            place: html.display().to_string(),
        });
    }
    page.written.push(Written {
        what: "ledger".into(),
        place: folder.display().to_string(),
    });
    let mut elsewhere = if folder == Path::new(FOLDER).join("ledger") {
        String::new()
    } else {
        format!(" --ledger {}", page::quoted(&folder.display().to_string()))
    };
    if let Some(recording) = &asked.recording {
        elsewhere += &format!(" --recording {}", page::quoted(&recording.display().to_string()));
    }
    let worth_reading = stories::worth_reading(prepared, results, &page.table);
    page.written
        .extend(worth_reading.into_iter().map(|(address, told)| Written {
            what: "replay".into(),
            place: format!("coalmine replay {address}{elsewhere} ({told})"),
        }));
    if cfg!(feature = "charts") {
        page.hardest = stories::told(&named, prepared, results, &page.table, &elsewhere);
        page.chosen_by = stories::RULE.into();
    }
    let mut files: Vec<Out> = outs
        .iter()
        .filter(|out| out.format != Format::Ledger)
        .cloned()
        .collect();
    if cfg!(feature = "charts") && of(Format::Html).is_none() {
        files.push(Out {
            format: Format::Html,
            path: html,
        });
    }
    // The answer comes first: a full disk takes none of it away.
    screen.answer(&terminal::draw(&page, screen.look()));
    write_ledger(asked, documents, prepared, request, results, &folder)
        .map_err(|error| Finding::error(error.to_string()))?;
    for Out { format, path } in &files {
        let text = out::draw(&page, *format).map_err(|error| cannot_write(path, &error))?;
        out::write(path, &text).map_err(|error| cannot_write(path, &error))?;
    }
    Ok(())
}

/// The same documents under the names that a ledger gives them.
fn shortly_named(documents: &Documents) -> Documents {
    let names: Vec<&str> = documents
        .iter()
        .map(|(_, document)| document.name.as_str())
        .collect();
    let mut named = Documents::default();
    for ((_, document), name) in documents.iter().zip(short_names(&names)) {
        named.add(name, std::sync::Arc::clone(&document.text));
    }
    named
}

/// Where the ledger is to lie.
fn ledger_folder(outs: &[Out]) -> PathBuf {
    let named = outs.iter().find(|out| out.format == Format::Ledger);
    named.map_or_else(|| Path::new(FOLDER).join("ledger"), |out| out.path.clone())
}

fn write_ledger(
    asked: &Simulate,
    documents: &Documents,
    prepared: &Prepared,
    request: &Request,
    results: &Results,
    folder: &Path,
) -> Result<(), ledger::LedgerError> {
    let plan = &prepared.plan;
    let rows = results
        .in_order(plan)
        .map(|(address, outcome)| Row::new(address, outcome));
    let names: Vec<&str> = documents
        .iter()
        .map(|(_, document)| document.name.as_str())
        .collect();
    let manifest = Manifest {
        format: ledger::FORMAT,
        tool: env!("CARGO_PKG_VERSION").into(),
        first_seed: results.first_seed,
        seeds: results.seeds,
        seeds_planned: asked.play.trials,
        policies: plan
            .policies
            .iter()
            .map(|planned| PolicyEntry {
                name: planned.policy.name.clone(),
                digest: planned.digest,
                checks: planned.policy.check_names(),
            })
            .collect(),
        worlds: plan
            .worlds
            .iter()
            .map(|planned| WorldEntry {
                name: planned.scenario.name.clone(),
                digest: planned.digest,
                harmful: planned.scenario.truth == Verdict::Harmful,
                horizon: planned.horizon,
                scenario: serde_json::to_value(&planned.scenario).expect("a scenario is plain data"),
            })
            .collect(),
        options: serde_json::to_value(request).expect("options are plain data"),
        documents: documents
            .iter()
            .zip(short_names(&names))
            .map(|((_, document), name)| DocumentEntry {
                name,
                text: document.text.to_string(),
            })
            .collect(),
        parts: Vec::new(),
        outcomes: ledger::digest([]),
    };
    let rows_a_seed = plan.policies.len() * plan.worlds.len();
    ledger::write(folder, manifest, rows, rows_a_seed, ledger::Format::default())
}
