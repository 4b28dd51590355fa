use std::fmt::Write;

use super::{Phase, Reply};
use crate::policy::argo::spec::Metric;
use crate::policy::condition::{Which, verdict};

/// What a reply means for `metric`; `message` becomes the controller's words for an error, and empty otherwise.
/// `Running` while the measurement is in flight.
pub fn judge(metric: &Metric, reply: &Reply<'_>, message: &mut String) -> Phase {
    message.clear();
    match reply {
        Reply::Answer(answer) => {
            let (success, failure) = (metric.success.as_ref(), metric.failure.as_ref());
            let judged = metric
                .form
                .give(answer, |answer| verdict(success, failure, answer));
            let (phase, fault) = match judged {
                Ok(judged) => judged,
                Err(why) => {
                    message.push_str(why);
                    return Phase::Error;
                }
            };
            if let Some(fault) = fault {
                let (field, condition) = match fault.which {
                    Which::Success => ("successCondition", &metric.success),
                    Which::Failure => ("failureCondition", &metric.failure),
                };
                let text = condition.as_ref().map_or("", |condition| condition.text());
                // Writing into a String cannot fail.
                let _ = write!(message, "could not evaluate {field} {text:?}: {}", fault.error);
            }
            phase.into()
        }
        Reply::Error(why) => {
            message.push_str(why);
            Phase::Error
        }
        Reply::Verdict(phase) => *phase,
        Reply::InFlight { .. } => Phase::Running,
    }
}
