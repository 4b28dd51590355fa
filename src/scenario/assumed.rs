//! What a world assumes, in lines that fit above a table.

use super::{Arrivals, Operator, Scenario, Since};
use crate::units::{Ratio, Timestamp};

impl Scenario {
    /// What is assumed of the service, its traffic and how it is seen, a short line each.
    pub fn assumed(&self) -> Vec<String> {
        let seconds = |seconds: f64| Timestamp::from_millis((seconds * 1000.0).round() as i64).to_string();
        let evenly = if self.traffic.arrivals == Arrivals::Constant {
            ", evenly"
        } else {
            ""
        };
        let mut lines = vec![
            format!(
                "{} requests/s in all{evenly}, starting at a seeded time of day",
                self.traffic.rate
            ),
            format!(
                "healthy: {} errors, p50 {}, p95 {}, p99 {}",
                Ratio(self.service.errors),
                seconds(self.service.latency.median),
                seconds(self.service.latency.quantile(0.95)),
                seconds(self.service.latency.quantile(0.99)),
            ),
            format!(
                "noise: log-sd {} shared, {} private, correlated over {}",
                self.service.noise.shared, self.service.noise.private, self.service.noise.correlation
            ),
        ];
        lines.extend(self.traffic.headers.iter().map(|carried| {
            let part = Ratio(carried.part);
            format!("{part} of the requests carry {}: {}", carried.name, carried.value)
        }));
        if self.traffic.probes > 0.0 {
            let probes = self.traffic.probes;
            lines.push(format!("{probes} probes/s reach the canary while no user does"));
        }
        if let Some(probing) = &self.traffic.probing {
            lines.push(format!(
                "{} probes/s reach the canary at a time of their own",
                probing.rate
            ));
        }
        lines.extend(self.assumed_of_cluster());
        lines
    }

    /// What is assumed of scrapes, the cluster and the person, a short line each.
    pub fn assumed_of_cluster(&self) -> Vec<String> {
        let observation = &self.observation;
        let controller = &self.controller;
        let mut lines = vec![
            format!(
                "scrapes every {}, seen after {}",
                observation.scrape_interval, observation.ingestion
            ),
            format!(
                "a new weight reaches traffic after {}, a pod serves after {}",
                controller.router, controller.pod_ready
            ),
        ];
        lines.extend(self.people.iter().map(|visit| match visit.since {
            Since::Start => format!("a person {visit}"),
            Since::Waiting => format!("a person {visit}, once it waits for one"),
            Since::Rollback => format!("a person {visit}, once it is rolled back"),
        }));
        if self.operator == Operator::Nobody && !self.people.is_empty() {
            return lines;
        }
        lines.push(match self.operator {
            Operator::Nobody => "nobody comes when a rollout waits for a person".into(),
            Operator::PromotesAfter(delay) => format!("a person promotes after {delay} of waiting"),
            Operator::AbortsAfter(delay) => format!("a person aborts after {delay} of waiting"),
        });
        lines
    }
}
