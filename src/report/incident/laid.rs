use crate::recording::GroundTruth;
use crate::report::timeline::Timeline;
use crate::simulator::Hindsight;
use crate::units::Duration;

/// What stands below every answer from a recording.
pub const PAST: &str =
    "Weights cannot change the past: requests went where they went, whatever the policy sets.";

/// One policy over all deployments of a recording.
#[derive(Clone, Debug)]
pub struct Laid {
    /// The policy's name.
    pub policy: String,
    /// Names of its checks.
    pub checks: Vec<String>,
    /// What it would have done, deployment by deployment.
    pub hindsight: Vec<Hindsight>,
}

/// Policies over a recording.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What the recording is called.
    pub recording: String,
    /// The call that gives this answer again.
    pub command: String,
    /// Its deployments and what is known of them.
    pub truth: GroundTruth,
    /// What each policy would have done, in the order of the call.
    pub laid: Vec<Laid>,
    /// One deployment look by look.
    pub detail: Option<Detail>,
}

/// One deployment look by look.
#[derive(Clone, Debug)]
pub struct Detail {
    /// Its index.
    pub deployment: usize,
    /// Why this one.
    pub why: String,
    /// Where the picture ends, counted from the deployment.
    pub end: Duration,
    /// What happened under each policy, counted from the deployment.
    pub timelines: Vec<Timeline>,
}

impl Answer {
    /// How long after deployment number `index` it is worth looking: until every policy is done or it is over.
    pub fn watched(&self, index: usize) -> Duration {
        let deployment = &self.truth.deployments[index];
        let whole = deployment.until - deployment.at;
        let done = self.laid.iter().map(|laid| {
            let seen = &laid.hindsight[index];
            seen.rolled_back_after.or(seen.promoted_after).unwrap_or(whole)
        });
        let done = done.max().unwrap_or(whole);
        let seen = deployment
            .harm_seen
            .map_or(Duration::ZERO, |at| at - deployment.at);
        // A deployment that nobody replaced for days is not worth days of picture.
        let last = done.max(seen.min(done * 2));
        let room = Duration::from_millis(last.as_millis() / 8);
        (last + room).min(whole).max(Duration::from_secs(1))
    }
}
