use std::sync::Arc;

use super::args::Verify;
use super::exit::Exit;
use super::out::{self, Format, Out};
use super::screen::Screen;
use super::server::{self, Ended, Policies};
use crate::diagnostic::{Documents, Finding, Severity};
use crate::live::{Options, Sampling, verify};
use crate::report;
use crate::seed::Seed;

pub(super) fn run(asked: &Verify) -> Exit {
    let outs = Out::parse_all(&asked.out);
    let screen = Screen {
        stdout_is_data: outs.as_ref().is_ok_and(|outs| outs.iter().any(Out::is_stdout)),
    };
    let fail = |documents: &Documents, finding: Finding| {
        screen.findings(documents, &[finding]);
        Exit::CouldNotJudge
    };
    let none = Documents::default();
    let outs = match outs {
        Ok(outs) => outs,
        Err(finding) => return fail(&none, finding),
    };
    if let Some(out) = outs.iter().find(|out| out.format != Format::Json) {
        let finding = Finding::error(format!("verify cannot write {:?}", out.format));
        return fail(&none, finding.help("write --out json=PATH"));
    }
    let (connection, said) = match server::connection(&asked.server) {
        Ok(connection) => connection,
        Err(finding) => return fail(&none, finding),
    };
    let Policies {
        documents,
        policies,
        mut findings,
    } = server::policies(&asked.policy);
    findings.extend(said);
    let errors = |findings: &[Finding]| findings.iter().any(|finding| finding.severity == Severity::Error);
    if policies.is_empty() {
        return server::no_policy(screen, &documents, &findings, "ask");
    }
    let options = Arc::new(Options {
        connection,
        from: asked.from,
        to: asked.to,
        compat: asked.server.promql_compat,
    });
    let sampling = Sampling {
        moments: asked.moments,
        seed: Seed(asked.seed),
    };
    let ended = server::watched(screen, move |watch| verify(&policies, &options, sampling, watch));
    let verified = match ended {
        Ok(Ended::With(Ok(verified))) => verified,
        Ok(Ended::Stopped(signal)) => {
            screen.talk("stopped before everything was asked\n");
            return Exit::Stopped(signal);
        }
        Ok(Ended::With(Err(finding))) | Err(finding) => {
            findings.push(finding);
            screen.findings(&documents, &findings);
            return Exit::CouldNotJudge;
        }
    };
    findings.extend(verified.imported.findings.iter().cloned());
    screen.findings(&documents, &findings);
    for out in &outs {
        let text = report::verify::json(&verified).map_err(|error| error.to_string());
        let written = text.and_then(|text| out::write(&out.path, &text).map_err(|error| error.to_string()));
        if let Err(error) = written {
            let place = out.path.display().to_string();
            return fail(
                &documents,
                Finding::error(format!("cannot be written: {error}")).about(place),
            );
        }
    }
    screen.answer(&report::verify::draw(&verified, screen.look().width));
    if errors(&findings) {
        Exit::CouldNotJudge
    } else if verified.differences() > 0 {
        Exit::Found
    } else {
        Exit::Done
    }
}
