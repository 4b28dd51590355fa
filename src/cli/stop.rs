//! Ctrl-C and SIGTERM: asked to stop, and by which signal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::diagnostic::Finding;

/// Listens for signals from now on. A second one ends the program at once.
#[derive(Debug)]
pub(super) struct Stop {
    asked: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The system does not let us.
    pub(super) fn listen() -> Result<Self, Finding> {
        let cannot = |error: io::Error| Finding::error(format!("cannot listen for signals: {error}"));
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(cannot)?;
        let stop = Self {
            asked: Arc::default(),
            signal: Arc::default(),
        };
        let (asked, first) = (Arc::clone(&stop.asked), Arc::clone(&stop.signal));
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in signals.forever() {
                    if asked.load(Ordering::Relaxed) {
                        at_once(signal);
                    }
                    first.store(usize::try_from(signal).unwrap_or(0), Ordering::Relaxed);
                    asked.store(true, Ordering::Relaxed);
                }
            })
            .map_err(cannot)?;
        Ok(stop)
    }

    /// True once a signal came.
    pub(super) fn flag(&self) -> &Arc<AtomicBool> {
        &self.asked
    }

    /// The signal that came, if one did.
    pub(super) fn signal(&self) -> Option<usize> {
        let signal = self.signal.load(Ordering::Relaxed);
        (signal != 0 && self.asked.load(Ordering::Relaxed)).then_some(signal)
    }
}

/// Nothing is waited for, and nothing more is written.
fn at_once(signal: i32) -> ! {
    // A bar stands on the last line of a terminal.
    let apart = if io::stderr().is_terminal() { "\n" } else { "" };
    // Where stderr is closed nobody listens.
    let _ = writeln!(
        io::stderr(),
        "{apart}stopped at once by a second signal: what was not written by now is not kept"
    );
    std::process::exit(128 + signal)
}
