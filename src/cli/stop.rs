//! Ctrl-C and SIGTERM: asked to stop, and by which signal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
        let asked = Arc::new(AtomicBool::new(false));
        let signal = Arc::new(AtomicUsize::new(0));
        for (number, name) in [
            (signal_hook::consts::SIGINT, 2),
            (signal_hook::consts::SIGTERM, 15),
        ] {
            let listens =
                signal_hook::flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&asked))
                    .and_then(|_| signal_hook::flag::register(number, Arc::clone(&asked)))
                    .and_then(|_| signal_hook::flag::register_usize(number, Arc::clone(&signal), name));
            listens.map_err(|error| Finding::error(format!("cannot listen for signals: {error}")))?;
        }
        Ok(Self { asked, signal })
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
