//! Worlds over a recording: what a plan needs of it.

use std::sync::Arc;

use super::plan::Recorded;
use super::request::Request;
use crate::diagnostic::Finding;
use crate::policy::argo::spec::Policy;
use crate::recording::Recording;
use crate::scenario::exposition::Exposition;
use crate::scenario::inference::{Selected, selected};
use crate::scenario::recorded::{self, Mapping, Measured, wanted};
use crate::scenario::{Part, Scenario, battery_of_bites};
use crate::world::Past;

/// A recording as the policies of a call read it.
pub(super) struct Over {
    pub recorded: Recorded,
    /// The service as it was recorded.
    pub service: Scenario,
    measured: Measured,
}

impl Over {
    /// What `recording` holds of what `policies` read; `standard` is the world where nothing was recorded.
    ///
    /// # Errors
    ///
    /// It holds no stretch of time.
    pub fn new(
        recording: &Recording,
        request: &Request,
        policies: &[Policy],
        exposition: &Exposition,
        mapping: &Mapping,
        standard: &Scenario,
    ) -> Result<Self, Finding> {
        let selected: Vec<Selected> = policies.iter().flat_map(selected).collect();
        let telling: Vec<_> = selected.iter().flat_map(|one| one.telling.clone()).collect();
        let past = Past::new(recording, &wanted(&selected, exposition), &telling, mapping);
        if past.is_empty() {
            return Err(
                Finding::error("no series that is read was scraped twice within 5 minutes").help(
                    "a recording to be played over holds neighbouring scrapes of what the queries read",
                ),
            );
        }
        let measured = past.measured();
        let source = request.recording.as_ref();
        Ok(Self {
            recorded: Recorded {
                past: Arc::new(past),
                digest: source.map(|source| source.digest.clone()).unwrap_or_default(),
                map: request.map.clone(),
            },
            service: recorded::over(standard, &measured),
            measured,
        })
    }

    /// The standard worlds over this recording, laid over `service`.
    pub fn battery(&self, service: &Scenario) -> Vec<(&'static str, Scenario)> {
        recorded::battery(service, &self.measured)
    }

    /// Those that people were bitten by besides, as far as a recording can show them.
    pub fn battery_of_bites(&self, service: &Scenario) -> Vec<(&'static str, Scenario)> {
        let mut worlds = battery_of_bites(service);
        worlds.retain(|(_, world)| self.impossible(world).is_empty());
        worlds
    }

    /// A warning for what documents state of the service and the recording knows better.
    pub fn unheeded(&self, service: &Scenario, own: &[Scenario]) -> Vec<Finding> {
        let differs = |world: &Scenario| {
            // Who carries which header is nothing that a recording tells.
            let mut traffic = world.traffic.clone();
            traffic.headers.clone_from(&self.service.traffic.headers);
            let same = traffic == self.service.traffic
                && world.service == self.service.service
                && world.observation.scrape_interval == self.service.observation.scrape_interval;
            !same
        };
        let stated = std::iter::once(service).chain(own);
        let names: Vec<&str> = stated
            .filter(|world| differs(world))
            .map(|world| world.name.as_str())
            .collect();
        if names.is_empty() {
            return Vec::new();
        }
        vec![
            Finding::warning(format!(
                "traffic, errors, latency and scrapes are those of the recording, whatever {} states",
                names.join(", ")
            ))
            .help(
                "state faults, disturbances, the cluster and the person; leave the service to the recording",
            ),
        ]
    }

    /// An error for what a world does and this recording cannot show.
    pub fn impossible(&self, world: &Scenario) -> Vec<Finding> {
        let errors = world.faults.iter().any(|fault| fault.errors > 0.0)
            || world.cold_start.is_some()
            || world.disturbances.iter().any(|one| one.errors > 0.0);
        let slow = world.faults.iter().any(|fault| fault.latency != 1.0)
            || world.disturbances.iter().any(|one| one.latency != 1.0);
        let by_pod = world
            .faults
            .iter()
            .any(|fault| matches!(fault.part, Part::Pods(_)));
        let gauges = world.faults.iter().any(|fault| fault.gauges.is_some());
        let mut found = Vec::new();
        let mut refuse = |what: &str, help: &str| {
            found.push(Finding::error(format!("{}: {what}", world.name)).help(help));
        };
        if errors && !self.measured.endings {
            refuse(
                "nothing that is read tells successes from failures, so none can be made to fail",
                "read a counter of requests by status, or counters of requests and of failures",
            );
        }
        if slow && self.measured.latency.is_none() {
            refuse(
                "nothing that is read tells how long requests took, so none can be slowed",
                "read a histogram or a summary of latency",
            );
        }
        if world.traffic.probes > 0.0 || world.traffic.probing.is_some() {
            refuse(
                "a recording does not know how probes would have ended",
                "leave traffic.probes out, or play it over a made-up service",
            );
        }
        if gauges {
            refuse(
                "gauges are shown as they were recorded, on both versions: none goes wrong",
                "leave gauges out of the faults, or play it over a made-up service",
            );
        }
        let by_route =
            !world.service.routes.is_empty() || world.faults.iter().any(|fault| fault.route.is_some());
        if by_route {
            refuse(
                "the routes of a recording are those of its labels: none is told apart by a part of the requests",
                "state the part of requests that is hit: part: { requests: 5% }",
            );
        }
        if world.traffic.stops.is_some() || world.disturbances.iter().any(|one| one.client > 0) {
            refuse(
                "requests are those recorded: none stays away, and no client comes besides",
                "leave traffic.stops and client out, or play it over a made-up service",
            );
        }
        if by_pod {
            refuse(
                "a recording does not tell the canary's pods apart",
                "state the part of requests that is hit: part: { requests: 25% }",
            );
        }
        found
    }
}
