//! Where talk and answers are shown.

use std::io::{self, IsTerminal as _, Write as _};

use crate::diagnostic::{Documents, Finding};
use crate::report;

use super::findings;

/// Columns where nobody says how wide the terminal is.
const WIDTH: usize = 100;

/// Talk goes to stderr; answers go to stdout, unless stdout carries data for another program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    /// Whether stdout carries JSON, CSV or the like.
    pub(super) stdout_is_data: bool,
}

impl Screen {
    /// Shows findings on stderr; nothing when there are none.
    pub(super) fn findings(self, documents: &Documents, found: &[Finding]) {
        let look = report::Look {
            colour: colour(io::stderr().is_terminal()),
            width: width(),
        };
        self.talk(&findings::draw(documents, found, look));
    }

    /// Says something on stderr.
    pub(super) fn talk(self, text: &str) {
        // Where stderr is closed nobody listens.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Shows an answer.
    pub(super) fn answer(self, text: &str) {
        if self.stdout_is_data {
            self.talk(text);
        } else {
            // A closed pipe (`| head`) is no error of ours.
            let _ = io::stdout().lock().write_all(text.as_bytes());
        }
    }

    /// How answers look.
    pub(super) fn look(self) -> report::Look {
        let terminal = if self.stdout_is_data {
            io::stderr().is_terminal()
        } else {
            io::stdout().is_terminal()
        };
        report::Look {
            colour: colour(terminal),
            width: width(),
        }
    }
}

fn colour(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn width() -> usize {
    let stated = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    stated.or_else(terminal).unwrap_or(WIDTH).max(40)
}
