//! The worlds that are played over a recording.

use crate::scenario::{ColdStart, Fault, Latency, Scenario, Verdict};
use crate::units::Duration;

/// What a recording says of the service it watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Time between two scrapes of a target.
    pub interval: Duration,
    /// Requests per second.
    pub rate: f64,
    /// Failed requests per request.
    pub errors: f64,
    /// How long requests took; absent where nothing tells.
    pub latency: Option<Latency>,
    /// Whether some counter tells how requests ended: only then can errors be injected.
    pub endings: bool,
}

/// `standard` with what was measured in the place of what is assumed, and without the noise that a recording brings
/// itself.
#[must_use]
pub fn over(standard: &Scenario, measured: &Measured) -> Scenario {
    let mut service = standard.clone();
    service.name = "as recorded".to_owned();
    service.description = "The counts as recorded, split anew for the share really set".to_owned();
    service.traffic.rate = measured.rate;
    service.traffic.daily = 0.0;
    service.traffic.noise = 0.0;
    service.service.errors = measured.errors;
    service.service.latency = measured.latency.unwrap_or(service.service.latency);
    service.service.noise.shared = 0.0;
    service.service.noise.private = 0.0;
    service.observation.scrape_interval = measured.interval;
    service.observation.slot = None;
    service
}

/// The standard worlds over a recording with their short names, laid over `service`: the recording as it is, with a
/// cold start on top, and with harm injected. What nothing recorded can show is left out.
pub fn battery(service: &Scenario, measured: &Measured) -> Vec<(&'static str, Scenario)> {
    let world = |name: &str, description: &str| Scenario {
        name: name.to_owned(),
        description: description.to_owned(),
        ..service.clone()
    };
    let harmful = |name: &str, description: &str, fault: Fault| Scenario {
        truth: Verdict::Harmful,
        faults: vec![fault],
        ..world(name, description)
    };
    let mut worlds = vec![("recorded", service.clone())];
    if measured.endings {
        let mut cold = world(
            "cold start",
            "As recorded, and what is new on the canary fails more for a minute",
        );
        cold.cold_start = Some(ColdStart {
            errors: 0.02,
            fading: Duration::from_secs(60),
            gauges: 0.0,
        });
        worlds.push(("cold-start", cold));
        for (short, name, part) in [
            ("errors-0.5", "errors +0.5 %", 0.005),
            ("errors-2", "errors +2 %", 0.02),
            ("errors-10", "errors +10 %", 0.1),
        ] {
            let description = "So many of the canary's requests that succeeded fail instead";
            let fault = Fault {
                errors: measured.errors + part * (1.0 - measured.errors),
                ..Fault::default()
            };
            worlds.push((short, harmful(name, description, fault)));
        }
    }
    if measured.latency.is_some() {
        for (short, name, latency) in [
            ("latency-1.2", "latency × 1.2", 1.2),
            ("latency-1.5", "latency × 1.5", 1.5),
            ("latency-3", "latency × 3", 3.0),
        ] {
            let description = "Every request takes the canary so many times as long as recorded";
            let fault = Fault {
                latency,
                ..Fault::default()
            };
            worlds.push((short, harmful(name, description, fault)));
        }
    }
    worlds
}
