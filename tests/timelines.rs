//! Trials and incidents along their time: what is drawn is what happened, and anything that happens can be drawn.

use std::path::{Path, PathBuf};

use coalmine::analysis::Phase;
use coalmine::diagnostic::Documents;
use coalmine::experiment::{Prepared, Request, prepare};
use coalmine::report::timeline::Way;
use coalmine::report::{Told, trial};
use coalmine::units::Share;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn documents(folder: &str) -> Documents {
    let mut documents = Documents::default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        documents.add(name, std::fs::read_to_string(&file).unwrap());
    }
    documents
}

fn prepared(folder: &str) -> (Documents, Prepared) {
    let documents = documents(folder);
    let prepared = prepare(&documents, &Documents::default(), &Request::default());
    assert!(!prepared.plan.policies.is_empty());
    (documents, prepared)
}

fn told(documents: &Documents, prepared: &Prepared, world: usize, seed: u64) -> Told {
    let watched = prepared.plan.watch(0, world, seed).unwrap();
    let policy = &prepared.plan.policies[0].policy;
    let scenario = &prepared.plan.worlds[world].scenario;
    let address = prepared.plan.address(0, world, seed).to_string();
    Told::new(documents, policy, scenario, &watched, address, seed)
}

#[test]
fn a_timeline_holds_what_the_trial_did() {
    let (documents, prepared) = prepared("scenarios/param-kernel-intended");
    for world in 0..prepared.plan.worlds.len() {
        for seed in 1..4 {
            let watched = prepared.plan.watch(0, world, seed).unwrap();
            let (outcome, happenings) = prepared.plan.replay(0, world, seed).unwrap();
            assert_eq!(watched.outcome, outcome);
            assert_eq!(watched.happenings, happenings);
            let told = told(&documents, &prepared, world, seed);
            let line = &told.timeline;
            let seen: usize = line.lanes.iter().map(|lane| lane.readings.len()).sum();
            let looks: u32 = outcome.checks.iter().map(|tally| tally.looks).sum();
            assert_eq!(seen, looks as usize, "every look is a point");
            for (lane, tally) in line.lanes.iter().zip(outcome.checks.iter()) {
                assert_eq!(lane.count(Phase::Failed), tally.failed as usize);
                assert_eq!(lane.count(Phase::Error), tally.errors as usize);
            }
            let rolled_back = line.turns.iter().find(|turn| turn.way == Way::RolledBack);
            assert_eq!(rolled_back.map(|turn| turn.at), outcome.rolled_back_at);
            let promoted = line.turns.iter().find(|turn| turn.way == Way::Promoted);
            assert_eq!(promoted.map(|turn| turn.at), outcome.promoted_at);
            assert!(line.end() <= line.horizon);
            if outcome.truth.harmful {
                let (at, harm) = *line.harm.last().unwrap();
                assert_eq!(at, line.horizon);
                assert!((harm - outcome.blast_radius).abs() < 1e-6, "{harm}");
                assert!(line.harm.windows(2).all(|pair| pair[0].1 <= pair[1].1 + 1e-9));
                let mut before = line.harm.iter().filter(|(at, _)| Some(*at) <= line.onset);
                assert!(before.all(|(_, harm)| *harm == 0.0));
            } else {
                assert!(line.harm.is_empty() && line.onset.is_none());
            }
        }
    }
}

/// One pod in five is not to be had: the manifest says 20 %, one of two pods gets half.
#[test]
fn a_weight_that_pods_cannot_follow_is_seen_beside_the_share() {
    let (documents, prepared) = prepared("scenarios/param-kernel-intended");
    let told = told(&documents, &prepared, 0, 1);
    assert!(told.timeline.weight_differs());
    let first = told.timeline.weight.first().unwrap();
    assert_eq!(first.1.to_string(), "20%");
    let share = told.timeline.share.iter().find(|(_, share)| *share > Share::NONE);
    assert_eq!(share.unwrap().1.to_string(), "50 %");
}

/// The switch of a blue-green rollout is a moment of its own, and a rollback after it is another.
#[test]
fn a_switch_is_seen() {
    let (documents, prepared) = prepared("tests/manifests/17-blue-green-after");
    let mut back = 0;
    for world in 0..prepared.plan.worlds.len() {
        let told = told(&documents, &prepared, world, 1);
        let switches = &told.timeline.switches;
        assert!(switches[0].1 == "switched", "{switches:?}");
        let full = told.timeline.share.iter().find(|(_, share)| share.get() == 1.0);
        assert!(full.is_some_and(|(at, _)| *at >= switches[0].0));
        if let [_, (at, words)] = switches.as_slice() {
            back += 1;
            assert_eq!(words, "switched back");
            assert!(
                told.timeline
                    .turns
                    .iter()
                    .any(|turn| turn.way == Way::RolledBack && turn.at <= *at)
            );
        }
        #[cfg(feature = "charts")]
        {
            let page = coalmine::report::html::trial(&told).unwrap();
            assert!(page.contains(&format!("switched at {}", switches[0].0)));
            assert!(page.contains("the active Service is switched</li>"));
        }
    }
    assert!(back > 0);
}

#[test]
fn a_trial_as_markdown_and_json() {
    let (documents, prepared) = prepared("scenarios/param-kernel-intended");
    let worlds = &prepared.plan.worlds;
    let world = worlds
        .iter()
        .position(|world| world.scenario.name == "errors 10 %")
        .unwrap();
    let mut told = told(&documents, &prepared, world, 1);
    told.command = "coalmine replay ADDRESS".to_owned();
    insta::assert_snapshot!(trial::markdown(&told));
    let json: serde_json::Value = serde_json::from_str(&trial::json(&told).unwrap()).unwrap();
    assert_eq!(json["ending"], "rolled-back-by-check");
    assert_eq!(json["timeline"]["turns"][0]["way"], "rolled-back");
    let at = &json["timeline"]["turns"][0]["at_ms"];
    let lane = &json["timeline"]["lanes"][0];
    let last = lane["readings"].as_array().unwrap().last().unwrap();
    assert_eq!(&last["at_ms"], at, "the look that decided is the last");
    assert_eq!(last["phase"], "Failed");
    assert!(last["value"].as_f64().unwrap() > lane["limits"][1].as_f64().unwrap());
}

#[cfg(feature = "charts")]
mod drawn {
    use std::sync::LazyLock;

    use coalmine::analysis::Looked;
    use coalmine::controller::argo::{AbortedBy, Binding, Event, What};
    use coalmine::policy::argo::spec::{CheckId, Policy, StepKind};
    use coalmine::report::html;
    use coalmine::report::timeline::Timeline;
    use coalmine::simulator::Happening;
    use coalmine::units::Timestamp;
    use proptest::prelude::*;

    use super::*;

    /// Every coordinate of every picture is a number inside it.
    fn pictures_are_sound(page: &str) {
        let picture = regex::Regex::new(r#"(?s)<svg [^>]*viewBox="0 0 (\d+) (\d+)".*?</svg>"#).unwrap();
        let points = regex::Regex::new(r#"points="([^"]*)""#).unwrap();
        let place = regex::Regex::new(r#" (c?[xy])="([^"]*)""#).unwrap();
        let mut pictures = 0;
        for found in picture.captures_iter(page) {
            pictures += 1;
            let [width, height] = [1, 2].map(|n| found[n].parse::<f64>().unwrap());
            let inside =
                |x: f64, y: f64| (-60.0..=width + 60.0).contains(&x) && (-60.0..=height + 60.0).contains(&y);
            for list in points.captures_iter(&found[0]) {
                for pair in list[1].split_whitespace() {
                    let (x, y) = pair.split_once(',').unwrap();
                    let (x, y) = (x.parse().unwrap(), y.parse().unwrap());
                    assert!(inside(x, y), "{pair} lies outside of {width} × {height}");
                }
            }
            for place in place.captures_iter(&found[0]) {
                let at: f64 = place[2].parse().unwrap();
                let (x, y) = if place[1].ends_with('x') {
                    (at, 0.0)
                } else {
                    (0.0, at)
                };
                assert!(inside(x, y), "{} lies outside", &place[0]);
            }
            assert!(found[0].contains("<title>") && found[0].contains("<desc>"));
            assert!(!found[0].contains("=\"#"), "a colour that knows no dark");
        }
        assert!(pictures > 0);
    }

    /// One file that asks nobody, whose tags are balanced and whose names are its own.
    fn stands_alone(page: &str) {
        assert!(page.starts_with("<!doctype html>"));
        let without_names_of_svg = page.replace("http://www.w3.org/2000/svg", "");
        for loads in [
            "http:", "https:", "<script", "<link", "<img", "url(", "@import", "<iframe", "<object",
        ] {
            assert!(!without_names_of_svg.contains(loads), "{loads}");
        }
        let tag = regex::Regex::new(r"<(/?)([a-z][a-z0-9]*)((?:\x22[^\x22]*\x22|[^>\x22])*)>").unwrap();
        let mut open: Vec<&str> = Vec::new();
        for found in tag.captures_iter(page) {
            let name = found.get(2).unwrap().as_str();
            let alone = ["meta", "br", "hr"].contains(&name) || found[3].ends_with('/');
            match &found[1] {
                "/" => assert_eq!(open.pop(), Some(name), "in {}", &found[0]),
                _ if alone => {}
                _ => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?} are never closed");
        let id = regex::Regex::new(r#"\sid="([^"]*)""#).unwrap();
        let mut ids: Vec<&str> = id
            .captures_iter(page)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(all, ids.len());
    }

    #[test]
    fn any_trial_of_any_world_can_be_drawn() {
        for folder in ["scenarios/param-kernel", "scenarios/param-kernel-intended"] {
            let (documents, prepared) = prepared(folder);
            for world in 0..prepared.plan.worlds.len() {
                for seed in 1..4 {
                    let told = told(&documents, &prepared, world, seed);
                    let page = html::trial(&told).unwrap();
                    stands_alone(&page);
                    pictures_are_sound(&page);
                    assert!(page.contains(&told.address));
                }
            }
        }
    }

    #[test]
    fn what_people_wrote_stays_text() {
        let (documents, prepared) = prepared("scenarios/param-kernel-intended");
        let mut told = told(&documents, &prepared, 8, 1);
        let nasty = "</style></title></svg><script>alert('1')</script>\"'& ]]>".to_owned();
        for text in [
            &mut told.policy,
            &mut told.world,
            &mut told.description,
            &mut told.story,
        ] {
            text.clone_from(&nasty);
        }
        told.timeline.lanes[0].conditions.clone_from(&nasty);
        told.timeline.lanes[0].check.clone_from(&nasty);
        stands_alone(&html::trial(&told).unwrap());
    }

    fn at_most(at: u32) -> Timestamp {
        Timestamp::from_millis(i64::from(at))
    }

    /// A trial that nobody would play: any numbers, any verdicts, in any order.
    fn unheard_of(
        policy: &Policy,
        looks: &[(u32, Option<f64>, u8)],
        turns: &[(u32, u8, f64)],
    ) -> Vec<Happening> {
        let canary = policy.strategy.canary();
        let step = canary
            .map_or(&[][..], |canary| &canary.steps)
            .iter()
            .position(|step| matches!(step.kind, StepKind::Analysis(_)));
        let binding = step.map_or(Binding::Background, Binding::Step);
        let tell = |at: u32, what: What| {
            Happening::Controller(Event {
                at: at_most(at),
                what,
            })
        };
        let mut happenings = vec![tell(0, What::RunStarted(0, binding))];
        for &(at, value, phase) in looks {
            let phases = [
                Phase::Successful,
                Phase::Failed,
                Phase::Inconclusive,
                Phase::Error,
            ];
            happenings.push(tell(
                at,
                What::Looked(Looked {
                    run: 0,
                    metric: usize::from(phase / 4 % 3),
                    check: CheckId(0),
                    started: at_most(at),
                    finished: at_most(at),
                    phase: phases[usize::from(phase % 4)],
                    value,
                    numbers: value.map(|_| 1),
                }),
            ));
        }
        for &(at, what, share) in turns {
            happenings.push(match what % 7 {
                0 => Happening::ShareIs(at_most(at), Share::new(share)),
                1 => tell(at, What::Paused(None)),
                2 => tell(at, What::Resumed),
                3 => tell(at, What::Inconclusive(None)),
                4 => tell(at, What::Aborted(AbortedBy::Deadline)),
                5 => tell(at, What::Promoted),
                _ => tell(at, What::StepReached(usize::from(what / 7))),
            });
        }
        happenings.push(Happening::Horizon(at_most(u32::MAX)));
        happenings
    }

    fn value() -> impl Strategy<Value = Option<f64>> {
        prop_oneof![
            Just(None),
            any::<f64>().prop_map(Some),
            Just(Some(f64::NAN)),
            Just(Some(f64::INFINITY)),
            Just(Some(f64::NEG_INFINITY)),
            (0.0..0.1).prop_map(Some),
        ]
    }

    static ONE: LazyLock<(Documents, Policy, Told)> = LazyLock::new(|| {
        let (documents, prepared) = prepared("scenarios/param-kernel-intended");
        let told = told(&documents, &prepared, 0, 1);
        let policy = prepared.plan.policies[0].policy.clone();
        (documents, policy, told)
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_seen_can_be_drawn(
            looks in prop::collection::vec((any::<u32>(), value(), any::<u8>()), 0..40),
            turns in prop::collection::vec((any::<u32>(), any::<u8>(), any::<f64>()), 0..12),
            horizon in any::<u32>(),
            harm in prop::collection::vec((any::<u32>(), any::<f64>()), 0..6),
            onset in prop::option::of(any::<u32>()),
        ) {
            let (documents, policy, told) = &*ONE;
            let mut told = told.clone();
            let happenings = unheard_of(policy, &looks, &turns);
            told.timeline = Timeline::new(documents, policy, &happenings, at_most(horizon), &mut |_| Vec::new());
            told.timeline.harm = harm.into_iter().map(|(at, harm)| (at_most(at), harm)).collect();
            told.timeline.onset = onset.map(at_most);
            let page = html::trial(&told).unwrap();
            stands_alone(&page);
            pictures_are_sound(&page);
            trial::json(&told).unwrap();
            trial::markdown(&told);
        }
    }
}
