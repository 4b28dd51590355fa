use super::Laid;
use crate::diagnostic::Finding;
use crate::recording::{GroundTruth, Known};

/// The deployment to show look by look where nobody named one, and why this one.
pub fn choose(truth: &GroundTruth, laid: &[Laid]) -> Option<(usize, &'static str)> {
    let rolled_back = |index: usize| {
        let seen = laid.iter().map(|laid| &laid.hindsight[index]);
        seen.filter(|seen| seen.rolled_back_after.is_some()).count()
    };
    let unhealthy = || {
        let all = truth.deployments.iter().enumerate();
        all.filter(|(_, deployment)| deployment.verdict == Some(Known::Unhealthy))
            .map(|(index, _)| index)
    };
    let first_apart = unhealthy().find(|&index| (1..laid.len()).contains(&rolled_back(index)));
    if let Some(index) = first_apart {
        return Some((
            index,
            "the first unhealthy one that the policies treat differently",
        ));
    }
    if let Some(index) = unhealthy().find(|&index| rolled_back(index) > 0) {
        return Some((index, "the first unhealthy one that is rolled back"));
    }
    if let Some(index) = unhealthy().next() {
        return Some((index, "the first unhealthy one"));
    }
    (!truth.deployments.is_empty()).then_some((0, "the first one"))
}

/// The deployment called `name`.
///
/// # Errors
///
/// There is none: the names that there are.
pub fn named(truth: &GroundTruth, name: &str) -> Result<usize, Finding> {
    let known = || truth.deployments.iter().map(|deployment| deployment.id.as_str());
    known().position(|id| id == name).ok_or_else(|| {
        let names: Vec<&str> = known().collect();
        let help = match names.as_slice() {
            [] => "this recording shows no deployment".to_owned(),
            [only] => format!("the only one is {only}"),
            [first, .., last] => format!("there are {}, from {first} to {last}", names.len()),
        };
        Finding::error(format!("there is no deployment {name:?}")).help(help)
    })
}
