use super::{
    Arrivals, Controller, Demand, Latency, LatencyLimit, Limits, Noise, Observation, Operator, Scenario,
    Service, Verdict,
};
use crate::seed::normal_quantile;
use crate::units::Duration;

/// Log-sd of latency in the standard world.
const SIGMA: f64 = 0.8;

/// The standard world, with nothing wrong in it: assumed, not measured, and said aloud above every table.
///
/// Its healthy figures lie well inside the limits that the policies of the call state: errors at 0.1 %, or at a
/// quarter of the tightest limit if that is lower; each stated latency quantile, and the mean where one is limited, at
/// 40 % of its limit or below.
pub fn standard(limits: &Limits) -> Scenario {
    let errors = limits
        .errors
        .map_or(0.001, |limit| (limit / 4.0).clamp(0.0, 0.001));
    let assumed = LatencyLimit {
        quantile: 0.95,
        seconds: 0.2 / 0.4,
    };
    let stated = limits.latency.iter().filter(|limit| limit.is_possible());
    let by_mean = |limit: f64| 0.4 * limit * libm::exp(-SIGMA * SIGMA / 2.0);
    let median = stated
        .map(median_below)
        .chain(limits.mean_latency.map(by_mean))
        .min_by(f64::total_cmp)
        .unwrap_or_else(|| median_below(&assumed));
    Scenario {
        name: "plain".to_owned(),
        description: "Nothing is wrong".to_owned(),
        truth: Verdict::Harmless,
        traffic: Demand {
            rate: 50.0,
            arrivals: Arrivals::Poisson,
            daily: 0.1,
            noise: 0.25,
            probes: 0.0,
            probing: None,
            headers: Vec::new(),
            matching: 1.0,
            stops: None,
        },
        service: Service {
            errors,
            latency: Latency { median, sigma: SIGMA },
            noise: Noise {
                shared: 0.25,
                private: 0.1,
                correlation: Duration::from_mins(5),
            },
            gauge_level: 0.6,
            routes: Vec::new(),
        },
        faults: Vec::new(),
        revisions_back: 0,
        cold_start: None,
        disturbances: Vec::new(),
        observation: Observation {
            scrape_interval: Duration::from_secs(15),
            slot: None,
            jitter: Duration::from_millis(5),
            missed: 0.0,
            ingestion: Duration::from_secs(2),
            measurement: Duration::ZERO,
            counters_start_at: None,
        },
        controller: Controller {
            router: Duration::from_secs(1),
            delivered: 1.0,
            verified: None,
            pod_ready: Duration::from_secs(20),
            canary_ready: None,
            reconcile: Duration::ZERO,
            whole_seconds: false,
        },
        operator: Operator::Nobody,
        people: Vec::new(),
        providers: Vec::new(),
        harm_limit: limits.tightest_latency(),
        horizon: None,
    }
}

/// Median of a latency whose quantile lies at 40 % of its limit.
pub(super) fn median_below(limit: &LatencyLimit) -> f64 {
    0.4 * limit.seconds * libm::exp(-SIGMA * normal_quantile(limit.quantile))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Fault;

    #[test]
    fn healthy_figures_lie_inside_the_limits_stated() {
        let p95 = LatencyLimit {
            quantile: 0.95,
            seconds: 0.5,
        };
        let p99 = LatencyLimit {
            quantile: 0.99,
            seconds: 3.0,
        };
        let limits = Limits {
            errors: Some(0.01),
            latency: vec![p99, p95],
            ..Limits::default()
        };
        let world = standard(&limits);
        assert_eq!(world.service.errors, 0.001);
        assert!((world.service.latency.quantile(0.95) - 0.2).abs() < 1e-12);
        assert_eq!(world.harm_limit, Some(p95));
        let strict = standard(&Limits {
            errors: Some(0.001),
            ..Limits::default()
        });
        assert_eq!(strict.service.errors, 0.00025);
        // No limit stated: p95 at 200 ms.
        assert!((strict.service.latency.quantile(0.95) - 0.2).abs() < 1e-12);
        assert!((strict.service.latency.within(0.2) - 0.95).abs() < 1e-12);
    }

    #[test]
    fn harm_inside_every_limit_is_told_apart() {
        let limits = Limits {
            errors: Some(0.01),
            latency: vec![LatencyLimit {
                quantile: 0.95,
                seconds: 0.5,
            }],
            ..Limits::default()
        };
        let with = |fault: Fault| Scenario {
            faults: vec![fault],
            ..standard(&limits)
        };
        assert!(
            with(Fault {
                errors: 0.005,
                ..Fault::default()
            })
            .within_stated_limits(&limits)
        );
        assert!(
            !with(Fault {
                errors: 0.02,
                ..Fault::default()
            })
            .within_stated_limits(&limits)
        );
        // The 95th percentile lies at 40 % of its limit: 2.5 times as slow is the edge.
        assert!(
            with(Fault {
                latency: 2.4,
                ..Fault::default()
            })
            .within_stated_limits(&limits)
        );
        assert!(
            !with(Fault {
                latency: 2.6,
                ..Fault::default()
            })
            .within_stated_limits(&limits)
        );
        assert!(!with(Fault::default()).within_stated_limits(&Limits::default()));
    }

    #[test]
    fn a_limit_on_the_mean_is_a_limit() {
        let limits = Limits {
            mean_latency: Some(0.25),
            ..Limits::default()
        };
        let world = standard(&limits);
        // 40 % of 250 ms; the median of a lognormal with sigma 0.8 lies exp(-0.32) below its mean.
        assert!((world.service.latency.mean() - 0.1).abs() < 1e-12);
        assert!((world.service.latency.median - 0.072_614_903_707_369_1).abs() < 1e-12);
        // Nobody limits single requests: those beyond the healthy p99 are harmed.
        assert_eq!(world.harm_limit, None);
        let slower = |latency: f64| {
            let fault = Fault {
                latency,
                ..Fault::default()
            };
            let world = Scenario {
                faults: vec![fault],
                ..standard(&limits)
            };
            world.within_stated_limits(&limits)
        };
        assert!(slower(2.4) && !slower(2.6));
        // Of errors it says nothing.
        let failing = Scenario {
            faults: vec![Fault {
                errors: 0.1,
                ..Fault::default()
            }],
            ..standard(&limits)
        };
        assert!(failing.within_stated_limits(&limits));
    }
}
