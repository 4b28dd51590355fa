use super::input::{CheckFact, OwnPause, Reads, StaticFacts};
use crate::diagnostic::Documents;
use crate::policy::argo::spec::{Analysis, Metric, Policy, Question, StepKind, Strategy};
use crate::policy::condition::{AnswerType, Condition};
use crate::promql::{self, ast::ValueType};

impl StaticFacts {
    /// What the documents alone tell of `policy`; `reads` says what its queries can see.
    pub fn of(policy: &Policy, documents: &Documents, reads: Reads) -> Self {
        let mut facts = Self {
            reads,
            cannot_pass: Vec::new(),
            cannot_fail: Vec::new(),
            own_pauses: Vec::new(),
            person: None,
        };
        let canary = match &policy.strategy {
            Strategy::Canary(canary) => canary,
            Strategy::BlueGreen(spec) => {
                for analysis in spec.analyses() {
                    facts.analysis(policy, documents, analysis, None);
                }
                if !spec.auto_promotion {
                    let line = Some(documents.line(spec.span));
                    facts.own_pauses.push(OwnPause { step: 1, line });
                }
                return facts;
            }
        };
        if let Some(background) = &canary.background {
            let (start, steps) = (background.starting_step, canary.steps.len());
            let never = (start > steps)
                .then(|| format!("its analysis begins at step {start} of {steps}: it never looks"));
            facts.analysis(policy, documents, &background.analysis, never.as_deref());
        }
        for (number, step) in canary.steps.iter().enumerate() {
            match &step.kind {
                StepKind::Analysis(analysis) => facts.analysis(policy, documents, analysis, None),
                StepKind::Pause(None) => {
                    let line = Some(documents.line(step.span));
                    facts.own_pauses.push(OwnPause {
                        step: number + 1,
                        line,
                    });
                }
                StepKind::Pause(Some(_)) | StepKind::SetWeight(_) => {}
            }
        }
        facts
    }

    /// `never`: why no metric of it is ever asked.
    fn analysis(&mut self, policy: &Policy, documents: &Documents, analysis: &Analysis, never: Option<&str>) {
        for metric in analysis.metrics.iter().filter(|metric| !metric.dry_run) {
            let check = metric.name.clone();
            let line = Some(documents.line(metric.span));
            let fact = |reason| CheckFact {
                check: check.clone(),
                reason,
                line,
            };
            let question = &policy.checks[metric.check.0].question;
            // One metric used in several steps is said once.
            let known = |facts: &[CheckFact]| {
                facts
                    .iter()
                    .any(|known| known.check == check && known.line == line)
            };
            if let Some(reason) = never {
                self.cannot_fail.push(fact(reason.to_owned()));
            } else if let Some(reason) = cannot_pass(metric, question) {
                if !known(&self.cannot_pass) {
                    self.cannot_pass.push(fact(reason));
                }
            } else if let Some(reason) = cannot_fail(metric, question)
                && !known(&self.cannot_fail)
            {
                self.cannot_fail.push(fact(reason));
            }
        }
    }
}

/// Why every look of a metric is an error: a condition that does not parse, or does not fit what the query gives.
fn cannot_pass(metric: &Metric, question: &Question) -> Option<String> {
    let Question::Prometheus { query } = question else {
        return None;
    };
    let answer = match promql::parse(query).ok()?.value_type() {
        ValueType::Scalar => AnswerType::Scalar,
        ValueType::Vector | ValueType::Matrix => AnswerType::Vector,
        ValueType::Text => return Some("its query gives a text, which is an error at every look".into()),
    };
    let conditions: [(&str, &Option<Condition>); 2] = [
        ("successCondition", &metric.success),
        ("failureCondition", &metric.failure),
    ];
    conditions.into_iter().find_map(|(field, condition)| {
        let condition = condition.as_ref()?;
        let error = condition.check(answer).err()?;
        Some(format!(
            "{field} {:?} is an error at every look: {}",
            condition.text(),
            error.message
        ))
    })
}

/// Why a metric can never be Failed.
fn cannot_fail(metric: &Metric, question: &Question) -> Option<String> {
    if let Question::Other { .. } = question {
        return None;
    }
    if metric.success.is_none() && metric.failure.is_none() {
        return Some("it has no condition: every look passes".into());
    }
    if metric.consecutive_success_limit > 0 {
        return None;
    }
    if metric.failure_limit < 0 {
        return Some("failureLimit is -1: any number of failures is tolerated".into());
    }
    let looks = metric.effective_count()?;
    let limit = metric.failure_limit;
    let plural = if looks == 1 { "" } else { "s" };
    (looks <= limit).then(|| {
        format!(
            "it takes {looks} look{plural} and fails only at failure {}",
            limit + 1
        )
    })
}
