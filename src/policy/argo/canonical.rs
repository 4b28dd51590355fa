//! A policy as text that depends on nothing but what is played: what a digest is made of.

use std::fmt::Write as _;

use super::spec::{Analysis, BlueGreen, Canary, Kept, Metric, Policy, Question, StepKind, Strategy};
use crate::policy::condition::ArgoVersion;
use crate::units::Duration;

impl Policy {
    /// Everything that decides what the policy does, one fact a line, in a fixed order.
    ///
    /// Places in documents, comments, names of files and the order of keys are left out; so are names that only tell
    /// policies apart. Equal texts are equal policies.
    pub fn canonical(&self) -> String {
        let mut text = String::from("argo 1\n");
        let mut line = |words: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = text.write_fmt(words);
            text.push('\n');
        };
        match &self.strategy {
            Strategy::Canary(canary) => self.canary(canary, &mut line),
            Strategy::BlueGreen(spec) => self.blue_green(spec, &mut line),
        }
        line(format_args!("{:?}", self.identity));
        text
    }

    fn canary(&self, canary: &Canary, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        line(format_args!("replicas {}", canary.replicas));
        line(format_args!(
            "surge {} unavailable {}",
            canary.max_surge, canary.max_unavailable
        ));
        line(format_args!(
            "routed {} max-weight {}",
            canary.routed, canary.max_weight
        ));
        line(format_args!(
            "abort-delay {}",
            canary.abort_scale_down_delay.as_millis()
        ));
        line(format_args!(
            "scale-down-delay {}",
            canary.scale_down_delay.as_millis()
        ));
        if canary.dynamic_stable_scale {
            line(format_args!(
                "dynamic, abort-delay stated {}",
                canary.abort_delay_stated
            ));
        }
        if canary.verifies {
            line(format_args!("router verifies"));
        }
        if canary.sets_routes() {
            line(format_args!("{:?}", canary.managed));
        }
        if canary.min_pods > 0 {
            line(format_args!("min-pods {}", canary.min_pods));
        }
        line(format_args!("threshold {:?}", canary.progress_threshold));
        line(format_args!("min-ready {}", canary.min_ready.as_millis()));
        line(format_args!(
            "deadline {} abort {}",
            canary.progress_deadline.as_millis(),
            canary.progress_deadline_abort
        ));
        if canary.rollback_window > 0 {
            line(format_args!("rollback-window {}", canary.rollback_window));
        }
        if canary.kept != Kept::default() && canary.experiments().next().is_some() {
            line(format_args!("{:?}", canary.kept));
        }
        if let Some(background) = &canary.background {
            line(format_args!("background {}", background.starting_step));
            self.analysis(&background.analysis, line);
        }
        for step in &canary.steps {
            match &step.kind {
                StepKind::SetWeight(weight) => line(format_args!("weight {weight}")),
                StepKind::Pause(None) => line(format_args!("pause")),
                StepKind::Pause(Some(length)) => line(format_args!("pause {}", length.as_millis())),
                StepKind::Analysis(analysis) => {
                    line(format_args!("analysis"));
                    self.analysis(analysis, line);
                }
                StepKind::Experiment(experiment) => {
                    line(format_args!(
                        "experiment {:?} {} {:?}",
                        experiment.duration.map(Duration::as_millis),
                        experiment.scale_down_delay.as_millis(),
                        experiment.templates
                    ));
                    for of in &experiment.analyses {
                        line(format_args!("of-experiment {} required {}", of.name, of.required));
                        self.analysis(&of.analysis, line);
                    }
                }
                StepKind::Other => {}
            }
            if let Some(scale) = step.scale {
                line(format_args!("scale {scale:?}"));
            }
            for route in &step.routes {
                line(format_args!("route {route:?}"));
            }
        }
    }

    fn blue_green(&self, spec: &BlueGreen, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        let millis = |length: Duration| length.as_millis();
        line(format_args!(
            "blue-green {} preview {:?}",
            spec.replicas, spec.preview_replicas
        ));
        line(format_args!(
            "preview-service {} auto {} after {:?}",
            spec.has_preview,
            spec.auto_promotion,
            spec.auto_promotion_after.map(millis)
        ));
        line(format_args!(
            "delays {} {} {} {}",
            millis(spec.scale_down_delay),
            spec.scale_down_delay_stated,
            spec.scale_down_delay_revisions,
            millis(spec.abort_scale_down_delay)
        ));
        line(format_args!(
            "min-ready {} deadline {} abort {}",
            millis(spec.min_ready),
            millis(spec.progress_deadline),
            spec.progress_deadline_abort
        ));
        if spec.rollback_window > 0 {
            line(format_args!("rollback-window {}", spec.rollback_window));
        }
        for (word, analysis) in [("pre", &spec.pre_promotion), ("post", &spec.post_promotion)] {
            if let Some(analysis) = analysis {
                line(format_args!("{word}"));
                self.analysis(analysis, line);
            }
        }
    }

    fn analysis(&self, analysis: &Analysis, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        for metric in &analysis.metrics {
            self.metric(metric, line);
        }
    }

    fn metric(&self, metric: &Metric, line: &mut impl FnMut(std::fmt::Arguments<'_>)) {
        let times = [metric.interval, metric.initial_delay].map(|time| time.map(|time| time.as_millis()));
        let limits = [
            metric.count,
            metric.failure_limit,
            metric.inconclusive_limit,
            metric.consecutive_error_limit,
            metric.consecutive_success_limit,
        ];
        line(format_args!(
            "metric {:?} {times:?} {limits:?} dry-run {}",
            metric.name, metric.dry_run
        ));
        match self.checks.get(metric.check.0).map(|check| &check.question) {
            Some(Question::Prometheus { query, range }) => {
                line(format_args!("  prometheus {query:?}"));
                if let Some(range) = range {
                    let ages = [range.start, range.end, range.step].map(Duration::as_millis);
                    line(format_args!("  range {ages:?}"));
                }
            }
            Some(Question::Other {
                provider,
                web,
                stand_in,
            }) => {
                line(format_args!("  provider {provider:?}"));
                if let Some(web) = web {
                    line(format_args!("  web {web:?}"));
                }
                if let Some(query) = stand_in {
                    line(format_args!("  stand-in {query:?} {:?}", metric.form));
                }
            }
            None => {}
        }
        for (word, condition) in [("success", &metric.success), ("failure", &metric.failure)] {
            if let Some(condition) = condition {
                line(format_args!("  {word} {:?}", condition.text()));
                let release = condition.release();
                if !release.speaks_like(ArgoVersion::default()) {
                    line(format_args!("  in {}", release.language()));
                }
            }
        }
    }
}
