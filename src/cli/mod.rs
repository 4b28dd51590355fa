//! One command a file; findings drawn with their source lines; exit codes.

mod against;
mod args;
mod exit;
mod files;
pub mod findings;
mod fit;
mod history;
#[cfg(feature = "live")]
mod import;
mod incident;
mod inspect;
mod notices;
mod out;
mod over;
mod page;
mod parse;
pub mod progress;
mod query;
mod replay;
mod screen;
#[cfg(feature = "live")]
mod server;
mod simulate;
mod stop;
mod stories;
#[cfg(feature = "live")]
mod verify;
mod worlds;

use std::ffi::OsString;
use std::panic::UnwindSafe;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};
use exit::Exit;

/// Does what the arguments ask and says how it went.
pub fn run(arguments: impl IntoIterator<Item = OsString> + UnwindSafe) -> ExitCode {
    // A panic is a mistake of ours, never of a document; its message is on stderr already.
    std::panic::catch_unwind(|| answer(arguments)).unwrap_or_else(|_| Exit::InternalError.into())
}

fn answer(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers; anything else is a bad call. Nobody is left to tell if printing fails.
            let _ = error.print();
            return if error.use_stderr()
                && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            {
                Exit::CouldNotJudge.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    match arguments.command {
        Command::Simulate(asked) => simulate::run(&asked).into(),
        Command::Replay(asked) => replay::run(&asked).into(),
        Command::History(asked) => history::run(&asked).into(),
        #[cfg(feature = "live")]
        Command::Import(asked) => import::run(&asked).into(),
        #[cfg(feature = "live")]
        Command::Verify(asked) => verify::run(&asked).into(),
        #[cfg(not(feature = "live"))]
        Command::Import(_) | Command::Verify(_) => without_live().into(),
        Command::Inspect(asked) => inspect::run(&asked).into(),
        Command::Scenario(asked) => fit::run(&asked).into(),
        Command::Query(asked) => query::run(&asked).into(),
    }
}

/// The refusal of a build that cannot ask a server.
#[cfg(not(feature = "live"))]
fn without_live() -> Exit {
    let screen = screen::Screen {
        stdout_is_data: false,
    };
    let finding = crate::diagnostic::Finding::error(
        "this build cannot ask a live Prometheus: it was made without the feature 'live'",
    );
    let finding = finding.help("build with the default features, or with --features live");
    screen.findings(&crate::diagnostic::Documents::default(), &[finding]);
    Exit::CouldNotJudge
}
