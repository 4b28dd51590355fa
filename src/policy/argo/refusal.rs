use std::fmt;

use crate::diagnostic::{Finding, Span};

/// Where the controller stops on the way from templates to the first look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Values of the Rollout's arguments.
    RolloutArguments,
    /// Putting templates and arguments together.
    CreateRun,
    /// Replacing `{{args.x}}`.
    Substitute,
    /// Checking the metrics that came out.
    Validate,
    /// Matching dry-run rules with metrics.
    DryRun,
}

/// Why an analysis never gets to its first look. Prints as the controller says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stopped.
    pub stage: Stage,
    /// The controller's words.
    pub message: String,
    /// The place to mend, if one is known.
    pub at: Option<Span>,
}

impl Refusal {
    pub(super) fn new(stage: Stage, message: impl Into<String>, at: Option<Span>) -> Self {
        Self {
            stage,
            message: message.into(),
            at,
        }
    }

    /// As a finding; `analysis` is where the Rollout asks for the analysis.
    pub fn finding(&self, analysis: Span) -> Finding {
        let effect = match self.stage {
            Stage::RolloutArguments | Stage::CreateRun => "the controller cannot create this analysis",
            Stage::Substitute | Stage::Validate | Stage::DryRun => {
                "every run of this analysis ends in an error at once"
            }
        };
        let finding = Finding::error(format!("{effect}: {}", self.message));
        let finding = match self.message.rsplit_once(": ").map(|(_, what)| what) {
            Some("no provider specified") => {
                finding.help("say whom it asks: provider: {prometheus: {query: …}}")
            }
            Some("multiple providers specified") => {
                finding.help("one provider a metric: make two metrics of it")
            }
            _ => finding,
        };
        match self.at {
            Some(at) if at != analysis => finding.at(at, "").at(analysis, "used here"),
            _ => finding.at(analysis, ""),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
