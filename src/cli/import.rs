use std::sync::Arc;

use super::args::Import;
use super::exit::Exit;
use super::screen::Screen;
use super::server::{self, Ended, Policies};
use crate::diagnostic::{Documents, Finding, Severity};
use crate::live::{Imported, Options, import};
use crate::promql::Compat;
use crate::recording::live::selector;
use crate::recording::{CompactManifest, Dialect, compact};
use crate::score::words;

const SCREEN: Screen = Screen {
    stdout_is_data: false,
};

pub(super) fn run(asked: &Import) -> Exit {
    let fail = |documents: &Documents, finding: Finding| {
        SCREEN.findings(documents, &[finding]);
        Exit::CouldNotJudge
    };
    let (connection, said) = match server::connection(&asked.server) {
        Ok(connection) => connection,
        Err(finding) => return fail(&Documents::default(), finding),
    };
    let Policies {
        documents,
        policies,
        mut findings,
    } = server::policies(&asked.policy);
    findings.extend(said);
    let errors = |findings: &[Finding]| findings.iter().any(|finding| finding.severity == Severity::Error);
    if policies.is_empty() {
        return server::no_policy(SCREEN, &documents, &findings, "fetch");
    }
    let options = Arc::new(Options {
        connection,
        from: Some(asked.from),
        to: Some(asked.to),
        compat: asked.server.promql_compat,
    });
    let shared = Arc::clone(&options);
    let ended = server::watched(SCREEN, move |watch| import(&policies, &shared, watch));
    let imported = match ended {
        Ok(Ended::With(Ok(imported))) => imported,
        Ok(Ended::Stopped(signal)) => {
            SCREEN.talk("stopped: nothing was written\n");
            return Exit::Stopped(signal);
        }
        Ok(Ended::With(Err(finding))) | Err(finding) => {
            findings.push(finding);
            SCREEN.findings(&documents, &findings);
            return Exit::CouldNotJudge;
        }
    };
    findings.extend(imported.findings.iter().cloned());
    SCREEN.findings(&documents, &findings);
    if imported.reading.wanted.is_empty() {
        SCREEN.talk("no check of these policies asks a Prometheus: nothing to fetch\n");
        return if errors(&findings) {
            Exit::CouldNotJudge
        } else {
            Exit::NothingSelected
        };
    }
    let written = write(asked, &options, &imported);
    match written {
        Ok(manifest) => SCREEN.answer(&told(asked, &imported, &manifest)),
        Err(finding) => return fail(&documents, finding),
    }
    if errors(&findings) {
        Exit::CouldNotJudge
    } else {
        Exit::Done
    }
}

fn write(asked: &Import, options: &Options, imported: &Imported) -> Result<CompactManifest, Finding> {
    let Some(recording) = &imported.recording else {
        let finding = Finding::error("the server has none of the series that the policies read in this time");
        return Err(finding.about(options.connection.url.to_string()).help(format!(
            "nothing was written; asked for: {}",
            selectors(imported).join(", ")
        )));
    };
    let version = imported.server.version.as_deref().unwrap_or("of unknown version");
    let origin = format!("Prometheus {version} at {}", options.connection.url);
    let queries = imported.reading.queries.clone();
    let mut manifest = CompactManifest::new(&origin, queries, selectors(imported), Some(imported.range));
    manifest.promql = Some(Dialect {
        generation: generation(imported),
        lookback_ms: imported.settings.lookback.as_millis(),
        default_step_ms: imported.settings.default_step.as_millis(),
    });
    compact::write(recording, &manifest, &asked.out)
}

fn selectors(imported: &Imported) -> Vec<String> {
    let wanted = imported.reading.wanted.iter();
    wanted.map(|wanted| selector(&wanted.matchers)).collect()
}

fn generation(imported: &Imported) -> u32 {
    match imported.settings.compat {
        Compat::V2 => 2,
        Compat::V3 => 3,
    }
}

/// What came and where it lies.
fn told(asked: &Import, imported: &Imported, manifest: &CompactManifest) -> String {
    let mut text = String::new();
    for (selector, count) in selectors(imported).iter().zip(&imported.counts) {
        text += &format!("{:>12}  {selector}\n", words::grouped(&count.to_string()));
    }
    text += &format!(
        "{} samples of {} series, {} stale marks; {} requests; PromQL of Prometheus {}\nrecording: {}\n",
        words::grouped(&manifest.samples.to_string()),
        words::grouped(&manifest.series.to_string()),
        manifest.stale_marks,
        imported.requests,
        generation(imported),
        asked.out.display()
    );
    text
}
