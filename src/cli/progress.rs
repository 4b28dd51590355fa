//! How far a run is, on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with rate and time left while trials are played; silent where stderr is no terminal.
///
/// The only place that looks at a clock (indicatif's); nothing it sees reaches an outcome.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over `total` trials; `quiet` hides it on a terminal too.
    pub fn trials(total: u64, quiet: bool) -> Self {
        // stderr draws nothing when it is not a terminal, and leaves colour out when NO_COLOR is set.
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style = ProgressStyle::with_template(
            "{bar:32} {percent:>3} %  {human_pos} of {human_len} trials  {per_sec} {eta} left",
        );
        let bar = ProgressBar::with_draw_target(Some(total), target);
        Self(bar.with_style(style.expect("the template is ours")))
    }

    /// A bar over questions to a server, of which nobody knows beforehand how many there are.
    pub fn questions() -> Self {
        let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {eta} left");
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        Self(bar.with_style(style.expect("the template is ours")))
    }

    /// So much of so much is done by now.
    pub fn reached_of(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// Does something to the screen while the bar is out of the way.
    pub fn aside(&self, act: impl FnOnce()) {
        self.0.suspend(act);
    }

    /// So many trials are done by now. Any thread may say so.
    pub fn reached(&self, trials: u64) {
        self.0.set_position(trials);
    }

    /// Writes a line above the bar without tearing it; nothing where the bar is hidden.
    pub fn say(&self, line: &str) {
        self.0.println(line);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_quiet_bar_counts_and_draws_nothing() {
        let progress = Progress::trials(3, true);
        progress.reached(2);
        assert_eq!(progress.0.position(), 2);
        assert!(progress.0.is_hidden());
        progress.finish();
        assert!(progress.0.is_finished());
    }
}
