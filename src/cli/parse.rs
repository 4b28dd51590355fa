//! Values of flags.

use crate::policy::argo::duration;
use crate::promql::Compat;
use crate::units::Duration;

/// A length of time as Kubernetes and Prometheus write it: `90s`, `10m`, `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let length = duration::parse(text)
        .map_err(|_| "expected a length of time such as 90s, 10m or 1h30m".to_owned())?;
    if length <= Duration::ZERO {
        Err("expected a length of time above zero".to_owned())
    } else {
        Ok(length)
    }
}

/// A major version of Prometheus.
pub(super) fn compat(text: &str) -> Result<Compat, String> {
    match text {
        "2" => Ok(Compat::V2),
        "3" => Ok(Compat::V3),
        _ => Err("expected 2 or 3".to_owned()),
    }
}
