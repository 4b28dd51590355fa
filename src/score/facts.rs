use regex::{Captures, Regex};

use super::input::{CheckFact, OwnPause, Reads, StaticFacts};
use crate::diagnostic::Documents;
use crate::policy::argo::spec::{Analysis, Metric, Policy, Question, StepKind, Strategy};
use crate::policy::condition::{AnswerForm, AnswerType, Condition};
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
                    facts.own_pauses.push(OwnPause { step: None, line });
                }
                return facts;
            }
        };
        if let Some(background) = &canary.background {
            let (start, steps) = (background.starting_step, canary.steps.len());
            let never = (start > steps).then(|| Why {
                reason: format!("the analysis begins at step {start} of {steps}, so there is never a look"),
                mend: Some("lower `startingStep` so that steps are left to look at".into()),
            });
            facts.analysis(policy, documents, &background.analysis, never.as_ref());
        }
        for (number, step) in canary.steps.iter().enumerate() {
            match &step.kind {
                StepKind::Analysis(_) | StepKind::Experiment(_) => {
                    for analysis in step.kind.analyses() {
                        facts.analysis(policy, documents, analysis, None);
                    }
                }
                StepKind::Pause(None) => {
                    let line = Some(documents.line(step.span));
                    facts.own_pauses.push(OwnPause {
                        step: Some(number + 1),
                        line,
                    });
                }
                StepKind::Pause(Some(_)) | StepKind::SetWeight(_) | StepKind::Other => {}
            }
        }
        facts
    }

    /// `never`: why no metric of it is ever asked.
    fn analysis(&mut self, policy: &Policy, documents: &Documents, analysis: &Analysis, never: Option<&Why>) {
        let several = documents.iter().count() > 1;
        for metric in analysis.metrics.iter().filter(|metric| !metric.dry_run) {
            let check = metric.name.clone();
            let line = Some(documents.line(metric.span));
            let file = several.then(|| documents.get(metric.span.document).name.clone());
            let fact = |Why { reason, mend }| CheckFact {
                check: check.clone(),
                reason,
                mend,
                file: file.clone(),
                line,
            };
            let question = &policy.checks[metric.check.0].question;
            // One metric used in several steps is said once.
            let known = |facts: &[CheckFact]| {
                facts
                    .iter()
                    .any(|known| known.check == check && known.line == line && known.file == file)
            };
            if let Some(why) = never {
                self.cannot_fail.push(fact(why.clone()));
            } else if let Some(why) = cannot_pass(metric, question) {
                if !known(&self.cannot_pass) {
                    self.cannot_pass.push(fact(why));
                }
            } else if let Some(why) = cannot_fail(metric, question)
                && !known(&self.cannot_fail)
            {
                self.cannot_fail.push(fact(why));
            }
        }
    }
}

/// Why a check has one answer only, and what would mend it.
#[derive(Clone)]
struct Why {
    reason: String,
    mend: Option<String>,
}

impl Why {
    fn new(reason: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            mend: Some(mend.into()),
        }
    }
}

/// Why every look of a metric is an error: a condition that does not parse, or does not fit what the query gives.
fn cannot_pass(metric: &Metric, question: &Question) -> Option<Why> {
    let answer = match promql::parse(question.query()?).ok()?.value_type() {
        _ if question.range().is_some() => AnswerType::Vector,
        ValueType::Scalar => AnswerType::Scalar,
        ValueType::Vector | ValueType::Matrix => AnswerType::Vector,
        ValueType::Text => {
            return Some(Why {
                reason: "the query gives a text, which is an error at every look".into(),
                mend: None,
            });
        }
    };
    let conditions: [(&str, &Option<Condition>); 2] = [
        ("successCondition", &metric.success),
        ("failureCondition", &metric.failure),
    ];
    conditions.into_iter().find_map(|(field, condition)| {
        let condition = condition.as_ref()?;
        let (error, mend) = match metric.form {
            AnswerForm::AsItIs => (condition.check(answer).err()?, first_value(condition, answer)),
            ref form => (form.misfit(condition)?, None),
        };
        Some(Why {
            reason: format!(
                "{field} {:?} is an error at every look: {}",
                condition.text(),
                error.message
            ),
            mend,
        })
    })
}

/// A condition that compares the whole answer, or reduces it as the release cannot yet, said of its first value; absent
/// where that is an error too. Functions that take a list are left alone where that is enough.
fn first_value(condition: &Condition, answer: AnswerType) -> Option<String> {
    const SPARING: &str = r"\b(?<kept>(?:len|max|min|sum|mean|median|all|any|none|one|filter|map|count)\(\s*result\b|result\s*\[)|\bresult\b";
    const WHOLE: &str = r"\b(?<kept>result\s*\[)|\b(?:max|min|sum|mean|median)\(\s*result\s*\)|\bresult\b";
    let text = condition.text();
    [SPARING, WHOLE].into_iter().find_map(|pattern| {
        let said = Regex::new(pattern).ok()?;
        let first = said.replace_all(text, |found: &Captures<'_>| match found.name("kept") {
            Some(kept) => kept.as_str().to_owned(),
            None => "result[0]".to_owned(),
        });
        let mended = first != text && Condition::of(&first, condition.release()).check(answer).is_ok();
        mended.then(|| format!("write `{first}`"))
    })
}

/// Why a metric can never be Failed.
///
/// A run of the controller fails a metric once it has failed more often than `failureLimit` (`assessMetricStatus`), and
/// ends it after `count` looks; more than one look wants an `interval` (`ValidateMetrics`).
fn cannot_fail(metric: &Metric, question: &Question) -> Option<Why> {
    question.query()?;
    if metric.success.is_none() && metric.failure.is_none() {
        return Some(Why::new(
            "there is no condition: every look passes",
            "write a `failureCondition` or a `successCondition`",
        ));
    }
    if metric.consecutive_success_limit > 0 {
        return None;
    }
    if metric.failure_limit < 0 {
        return Some(Why::new(
            "failureLimit is -1: any number of failures is tolerated",
            "set `failureLimit` to 0 or more",
        ));
    }
    let looks = metric.effective_count()?;
    let limit = metric.failure_limit;
    let needed = limit + 1;
    (looks <= limit).then(|| match looks {
        1 => Why::new(
            format!("there is 1 look, but only {needed} failures would fail it"),
            format!("set `failureLimit: 0`, or `count` to {needed} or more with an `interval`"),
        ),
        _ => Why::new(
            format!("there are {looks} looks, but only {needed} failures would fail it"),
            format!(
                "set `failureLimit` to {} or less, or `count` to {needed} or more",
                looks - 1
            ),
        ),
    })
}
