//! Exit codes. Other programs rely on them: a code never changes its meaning.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, however bad the news.
    Done,
    /// What was looked for, a difference, was found.
    Found,
    /// A bad call, document, data or name.
    CouldNotJudge,
    /// There is nothing to play.
    NothingSelected,
    /// A mistake of ours.
    InternalError,
    /// A signal stopped it; complete seeds were kept.
    Stopped(usize),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Found => Self::from(1),
            Exit::CouldNotJudge => Self::from(2),
            Exit::NothingSelected => Self::from(4),
            Exit::InternalError => Self::from(70),
            Exit::Stopped(signal) => Self::from(128_u8.saturating_add(u8::try_from(signal).unwrap_or(0))),
        }
    }
}
