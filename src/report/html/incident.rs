use minijinja::{Environment, Error, Value, context};

use super::draw::STYLE;
use super::told::{PIECES, TIMELINE_STYLE, legend, moment};
use crate::recording::{Deployment, Known};
use crate::report::charts::{self, Bar, Chart, Did, Panel, Row, Tone, Width};
use crate::report::incident::{
    Answer, CLASSES, Detail, PAST, clients, differences, known, rows, sentence, summaries, utc, would,
};
use crate::simulator::Hindsight;
use crate::units::Timestamp;

const TEMPLATE: &str = include_str!("incident.html.j2");

/// Policies over a recording as a page of its own.
///
/// # Errors
///
/// If the template cannot be filled, which only a mistake of ours can cause.
pub fn incident(answer: &Answer) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template("told.html", PIECES)?;
    environment.add_template("page.html", TEMPLATE)?;
    let policies = answer.laid.iter().enumerate().map(|(index, laid)| {
        let marker = charts::marker(index, &laid.policy);
        context! { marker, name => laid.policy, sentence => glued(&sentence(&answer.truth, laid)) }
    });
    let policies: Vec<Value> = policies.collect();
    let head = ["deployment", "at (UTC)", "clients", "10th client failure"].map(str::to_owned);
    let names = answer.laid.iter().map(|laid| laid.policy.clone());
    let count = answer.truth.deployments.len();
    let several = if answer.laid.len() == 1 {
        "policy"
    } else {
        "policies"
    };
    let page = environment.get_template("page.html")?.render(context! {
        css => format!("{STYLE}{TIMELINE_STYLE}"),
        title => format!("{}: what {} {several} would have done", answer.recording, answer.laid.len()),
        version => env!("CARGO_PKG_VERSION"),
        policies,
        summaries => summaries(answer),
        beside => differences(answer),
        detail => answer.detail.as_ref().map(|found| detail(answer, found)),
        legend => legend(),
        count,
        classes => classes(answer),
        note => "Times are counted from the deployment; what came later than the axis reaches stands on its right edge.",
        head => head.into_iter().chain(names).collect::<Vec<_>>(),
        rows => rows(answer),
        past => PAST,
        rule => answer.truth.rule,
        command => answer.command,
    })?;
    Ok(page.trim_start().to_owned())
}

/// One deployment look by look: what each policy did, and what its checks saw.
fn detail(answer: &Answer, found: &Detail) -> Value {
    let deployment = &answer.truth.deployments[found.deployment];
    let seen = |index: usize| &answer.laid[index].hindsight[found.deployment];
    let bars = answer.laid.iter().enumerate().map(|(index, laid)| {
        let decided = decided_after(seen(index));
        Bar {
            index,
            words: format!("{}: {}", laid.policy, would(laid, deployment, seen(index))),
            until: decided.unwrap_or(found.end.as_secs_f64()),
            decided: decided.is_some(),
        }
    });
    let mut panels = vec![Panel::Bars(bars.collect())];
    for (laid, timeline) in answer.laid.iter().zip(&found.timelines) {
        panels.extend(timeline.lanes.iter().map(|lane| Panel::Readings {
            title: format!("{} · {} · {}", laid.policy, lane.check, lane.tally()),
            lane,
        }));
    }
    let harm = deployment
        .harm_seen
        .map(|at| Timestamp::ZERO + (at - deployment.at));
    let harm = harm.filter(|at| at.as_secs_f64() <= found.end.as_secs_f64());
    let told: Vec<String> = answer
        .laid
        .iter()
        .enumerate()
        .map(|(index, laid)| format!("{}: {}.", laid.policy, would(laid, deployment, seen(index))))
        .collect();
    let chart = Chart {
        title: format!("{} look by look", deployment.id),
        description: told.join(" "),
        axis: "since the deployment".to_owned(),
        end: found.end.as_secs_f64(),
        moments: harm
            .map(|at| moment(at, &format!("tenth client failure at {}", whole(at)), Tone::Harm))
            .into_iter()
            .collect(),
        panels,
    };
    let [wide, narrow] = [Width::Wide, Width::Narrow].map(|width| charts::timeline(&chart, width));
    context! {
        id => deployment.id,
        at => utc(deployment.at),
        clients => clients(deployment),
        why => found.why,
        wide,
        narrow,
    }
}

/// Numbers keep their per cent signs on their lines.
fn glued(words: &str) -> String {
    words.replace(" %", "\u{a0}%")
}

fn whole(at: Timestamp) -> Timestamp {
    at.whole_second()
}

fn decided_after(seen: &Hindsight) -> Option<f64> {
    let after = seen.rolled_back_after.or(seen.promoted_after)?;
    Some(after.as_secs_f64())
}

/// A picture for each class of deployments, with what each policy adds up to.
fn classes(answer: &Answer) -> Vec<Value> {
    let classes = CLASSES.into_iter().map(Some).chain([None]);
    classes.filter_map(|class| class_of(answer, class)).collect()
}

fn class_of(answer: &Answer, class: Option<Known>) -> Option<Value> {
    let deployments = answer.truth.deployments.iter().enumerate();
    let of_class: Vec<(usize, &Deployment)> = deployments
        .filter(|(_, deployment)| deployment.verdict == class)
        .collect();
    if of_class.is_empty() {
        return None;
    }
    let rows: Vec<Row> = of_class
        .iter()
        .map(|&(index, deployment)| row(answer, index, deployment))
        .collect();
    let name = class.map_or("unknown", known);
    let counts: Vec<String> = answer
        .laid
        .iter()
        .map(|laid| {
            let rolled_back = of_class
                .iter()
                .filter(|(index, _)| laid.hindsight[*index].rolled_back_after.is_some());
            format!(
                "{} rolls back {} of {}",
                laid.policy,
                rolled_back.count(),
                of_class.len()
            )
        })
        .collect();
    let counts = counts.join("; ");
    let title = format!("Deployments that were {name}");
    let end = end(answer);
    let [wide, narrow] =
        [Width::Wide, Width::Narrow].map(|width| charts::deployments(&title, &counts, &rows, end, width));
    Some(context! { heading => format!("{name}: {}", of_class.len()), counts, wide, narrow })
}

fn row(answer: &Answer, index: usize, deployment: &Deployment) -> Row {
    let did = |seen: &Hindsight| match (seen.rolled_back_after, seen.promoted_after) {
        (Some(after), _) => Did::RolledBack(after.as_secs_f64()),
        (None, Some(after)) => Did::Promoted(after.as_secs_f64()),
        (None, None) => Did::Nothing,
    };
    Row {
        id: deployment.id.clone(),
        truth: clients(deployment),
        harm_seen: deployment.harm_seen.map(|at| (at - deployment.at).as_secs_f64()),
        until: (deployment.until - deployment.at).as_secs_f64(),
        did: answer
            .laid
            .iter()
            .map(|laid| did(&laid.hindsight[index]))
            .collect(),
    }
}

/// Seconds that hold every decision, and every deployment that was over before one.
fn end(answer: &Answer) -> f64 {
    let lengths: Vec<f64> = answer
        .truth
        .deployments
        .iter()
        .map(|deployment| (deployment.until - deployment.at).as_secs_f64())
        .collect();
    let done = answer.laid.iter().flat_map(|laid| {
        let seen = laid.hindsight.iter().zip(&lengths);
        seen.map(|(seen, length)| decided_after(seen).unwrap_or(if seen.waiting { 0.0 } else { *length }))
    });
    done.fold(60.0, f64::max) * 1.06
}
