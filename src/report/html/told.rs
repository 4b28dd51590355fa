use minijinja::{Environment, Error, Value, context};

use super::draw::STYLE;
use crate::analysis::Phase;
use crate::report::Told;
use crate::report::charts::{self, Chart, Moment, Panel, Tone, Width};
use crate::report::timeline::{Timeline, Turn};
use crate::units::Timestamp;

/// Pieces that tell a trial, for every page.
pub(super) const PIECES: &str = include_str!("told.html.j2");
const TEMPLATE: &str = include_str!("trial.html.j2");
/// What [`STYLE`] does not say.
pub(super) const TIMELINE_STYLE: &str = include_str!("timeline.css");

/// One trial as a page of its own.
///
/// # Errors
///
/// If the template cannot be filled, which only a mistake of ours can cause.
pub fn trial(told: &Told) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template("told.html", PIECES)?;
    environment.add_template("page.html", TEMPLATE)?;
    let page = environment.get_template("page.html")?;
    let page = page.render(context! {
        css => format!("{STYLE}{TIMELINE_STYLE}"),
        title => format!("{} · {} · seed {}", told.policy, told.world, told.seed),
        version => env!("CARGO_PKG_VERSION"),
        legend => legend(),
        told => shown(told),
    })?;
    Ok(page.trim_start().to_owned())
}

/// What a template shows of a trial.
pub(super) fn shown(told: &Told) -> Value {
    let mood = match told.was_right() {
        Some(true) => "good",
        Some(false) => "bad",
        None => "open",
    };
    let [wide, narrow] = [Width::Wide, Width::Narrow].map(|width| picture(told, width));
    let mut sentence = told.sentence.clone();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    context! {
        mood,
        wide,
        narrow,
        sentence,
        policy => told.policy,
        world => told.world,
        description => told.description.trim_end_matches('.'),
        seed => told.seed,
        why => told.why,
        turned => told.turned,
        decided_by => told.decided_by,
        facts => told.facts,
        story => told.story,
        command => told.command,
        address => told.address,
        switches => !told.timeline.switches.is_empty(),
    }
}

/// The signs of verdicts.
pub(super) fn legend() -> Vec<Value> {
    let signs = [
        (Phase::Successful, "passed"),
        (Phase::Failed, "failed"),
        (Phase::Inconclusive, "inconclusive"),
        (Phase::Error, "error"),
    ];
    signs
        .map(|(phase, words)| context! { words, svg => charts::sign(phase) })
        .to_vec()
}

fn picture(told: &Told, width: Width) -> String {
    let timeline = &told.timeline;
    let end = timeline.end();
    let mut panels = vec![share(timeline)];
    panels.extend(timeline.lanes.iter().map(|lane| Panel::Readings {
        title: format!("{} · {}", lane.check, lane.tally()),
        lane,
    }));
    if !timeline.harm.is_empty() {
        panels.push(Panel::Growth {
            title: "requests harmed, added up, expected".to_owned(),
            curve: timeline
                .harm
                .iter()
                .map(|(at, harm)| (at.as_secs_f64(), *harm))
                .collect(),
        });
    }
    let mut moments: Vec<Moment> = Vec::new();
    if let Some(onset) = timeline.onset {
        moments.push(moment(onset, "harm begins", Tone::Harm));
    }
    moments.extend(
        timeline
            .turns
            .iter()
            .map(|Turn { at, way }| moment(*at, &format!("{} at {at}", way.words()), Tone::Decision)),
    );
    let switches = timeline.switches.iter();
    moments.extend(switches.map(|(at, words)| moment(*at, &format!("{words} at {at}"), Tone::Switch)));
    let routes = timeline.routes.iter();
    moments.extend(routes.map(|(at, words)| moment(*at, words, Tone::Decision)));
    moments.sort_by(|one, other| one.at.total_cmp(&other.at));
    let axis = if end < timeline.horizon {
        format!("since the rollout began; the trial ends at {}", timeline.horizon)
    } else {
        "since the rollout began, up to the horizon".to_owned()
    };
    let checks: Vec<String> = timeline
        .lanes
        .iter()
        .map(|lane| format!("{}: {}.", lane.check, lane.tally()))
        .collect();
    let chart = Chart {
        title: format!("One rollout of {} in the world {}", told.policy, told.world),
        description: format!(
            "{} {} {}",
            told.sentence,
            told.turned.as_deref().unwrap_or(""),
            checks.join(" ")
        ),
        axis,
        end: end.as_secs_f64(),
        moments,
        panels,
    };
    charts::timeline(&chart, width)
}

fn share(timeline: &Timeline) -> Panel<'static> {
    let share = timeline.share.iter();
    let weight = timeline
        .weight
        .iter()
        .map(|(at, weight)| (at.as_secs_f64(), weight.share().get()));
    Panel::Share {
        share: share.map(|(at, share)| (at.as_secs_f64(), share.get())).collect(),
        weight: weight.filter(|_| timeline.weight_differs()).collect(),
        steps: timeline
            .steps
            .iter()
            .map(|(at, number)| (at.as_secs_f64(), *number))
            .collect(),
        waits: timeline
            .waits
            .iter()
            .map(|(from, to)| (from.as_secs_f64(), to.as_secs_f64()))
            .collect(),
    }
}

pub(super) fn moment(at: Timestamp, words: &str, tone: Tone) -> Moment {
    Moment {
        at: at.as_secs_f64(),
        words: words.to_owned(),
        tone,
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECES, TEMPLATE};

    #[test]
    fn only_our_own_markup_goes_in_unescaped() {
        let ours = [
            "{{ css | safe }}",
            "wide | safe }}",
            "narrow | safe }}",
            "svg | safe }}",
        ];
        for template in [PIECES, TEMPLATE] {
            let counted: usize = ours.iter().map(|ours| template.matches(ours).count()).sum();
            assert_eq!(template.matches("| safe").count(), counted);
            assert!(!template.contains("<script") && !template.contains("http"));
        }
    }
}
