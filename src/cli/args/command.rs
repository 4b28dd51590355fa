use clap::{Parser, Subcommand};

use super::{History, Import, Inspect, Query, Replay, Scenario, Simulate, Verify};

/// Plays the canary rollout policies you already have against synthetic and recorded Prometheus series, and says
/// with intervals how often they roll back for nothing and how fast they catch harm.
#[derive(Debug, Parser)]
#[command(
    name = "coalmine",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Start here:\n  coalmine simulate k8s/rollouts/my-service/      your manifests, unmodified\n  \
                  helm template my-chart | coalmine simulate -    a rendered chart\n\n\
                  Exit codes: 0 done, however bad the news; 1 verify or replay --against found a difference; 2 could not judge (bad call, document, data or name); \
                  4 nothing selected; 70 internal error; 130/143 stopped, complete seeds kept."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play policies against worlds and score them.
    Simulate(Simulate),
    /// List the worlds, or fit a synthetic service to a recording and say how far to trust it.
    Scenario(Scenario),
    /// Tell the story of one trial, or of a recorded incident.
    Replay(Replay),
    /// Tell what is in a recording.
    Inspect(Inspect),
    /// Answer a query over a recording, as Prometheus would have.
    Query(Query),
    /// Take every past release of a recording as a test case.
    History(History),
    /// Fetch from a live Prometheus the series that policies read.
    Import(Import),
    /// Put a live Prometheus' answers beside ours.
    Verify(Verify),
}
