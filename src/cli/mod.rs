//! One command a file; findings drawn with their source lines; exit codes.

mod args;
mod exit;
mod files;
pub mod findings;
mod import;
mod incident;
#[cfg(feature = "live")]
mod live;
mod notices;
mod out;
mod page;
mod parse;
pub mod progress;
mod replay;
mod screen;
mod simulate;
mod stop;
mod stories;
mod verify;

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
        Command::Import(asked) => import::run(&asked).into(),
        Command::Verify(asked) => verify::run(&asked).into(),
    }
}
