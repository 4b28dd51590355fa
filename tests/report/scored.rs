use coalmine::report::{Assumptions, DetectionCurve, Look, Page, markdown, terminal};
use coalmine::score::{self, Cell, Days, Policy, Reads, StaticFacts, World};
use coalmine::simulator::{CheckTally, Ending, Outcome, Truth};
use coalmine::units::{Duration, Timestamp};

const TRIALS: i64 = 400;

/// A trial that is rolled back `after` so many seconds of harm, or promoted.
fn outcome(harmful: bool, after: Option<i64>) -> Outcome {
    let onset = Timestamp::from_secs(30);
    Outcome {
        ending: match after {
            Some(_) => Ending::RolledBackByCheck,
            None => Ending::Promoted,
        },
        truth: Truth {
            harmful,
            onset: harmful.then_some(onset),
            healed: None,
        },
        rolled_back_at: after.map(|seconds| onset + Duration::from_secs(seconds)),
        restore: after.map(|_| Duration::from_secs(2)),
        promoted_at: after.is_none().then_some(Timestamp::from_secs(900)),
        blast_radius: if harmful {
            after.unwrap_or(1800) as f64
        } else {
            0.0
        },
        waits: 0,
        waited: Duration::ZERO,
        decided_by: after.map(|_| 0),
        checks: vec![CheckTally::default()].into(),
        rolled_back_without: after.map(|_| false).into_iter().collect(),
    }
}

/// Two policies in two worlds; the second rolls back a quarter of the harmless releases, and harm a minute sooner.
fn page() -> Page {
    let policies = ["patient", "hasty"].map(|name| Policy {
        name: name.to_owned(),
        checks: vec!["success-rate".to_owned()],
        facts: StaticFacts {
            reads: Reads::Canary,
            cannot_pass: Vec::new(),
            cannot_fail: Vec::new(),
            own_pauses: Vec::new(),
            person: None,
        },
    });
    let worlds = [("plain", false), ("errors to 10 %", true)].map(|(name, harmful)| World {
        name: name.to_owned(),
        description: String::new(),
        harmful,
        within_limits: false,
        horizon: Duration::from_mins(30),
    });
    let hasty = |trial: i64| (trial % 4 == 0).then_some(60);
    let played: Vec<(usize, usize, Vec<Outcome>)> = vec![
        (0, 0, (0..TRIALS).map(|_| outcome(false, None)).collect()),
        (
            1,
            0,
            (0..TRIALS).map(|trial| outcome(false, hasty(trial))).collect(),
        ),
        (
            0,
            1,
            (0..TRIALS)
                .map(|trial| outcome(true, Some(180 + trial % 3)))
                .collect(),
        ),
        (
            1,
            1,
            (0..TRIALS)
                .map(|trial| outcome(true, Some(120 + trial % 3)))
                .collect(),
        ),
    ];
    let cells: Vec<Cell> = played
        .iter()
        .map(|(policy, world, outcomes)| Cell {
            policy: *policy,
            world: *world,
            outcomes,
            address: format!("{policy}/{world}/1-{TRIALS}"),
        })
        .collect();
    let harmful = played.iter().filter(|(_, world, _)| *world == 1);
    Page {
        version: "0.1.0".to_owned(),
        command: "coalmine simulate patient.yaml hasty.yaml".to_owned(),
        seed: 1,
        trials_planned: TRIALS as u64,
        digests: Vec::new(),
        assumptions: Assumptions::default(),
        notices: Vec::new(),
        table: score::score(&policies, &worlds, &cells, 1),
        curves: harmful
            .map(|(policy, world, outcomes)| DetectionCurve::of(*policy, *world, outcomes, Days::MADE_UP))
            .collect(),
        hardest: Vec::new(),
        chosen_by: String::new(),
        written: Vec::new(),
    }
}

#[test]
fn real_scores_are_drawn_with_what_they_say() {
    let page = page();
    let text = terminal::draw(
        &page,
        Look {
            colour: false,
            width: 80,
        },
    );
    // 0 of 400: at most 1 - 0.05^(1/400) = 0.75 %. 100 of 400: 25 %, by Wilson 21.0 to 29.5.
    assert!(text.contains("< 0.8 %"), "{text}");
    assert!(text.contains("25 % (21–29) −"), "{text}");
    // 400 of 400 caught, and half of the hasty policy's by 2m01s.
    assert!(text.contains("3m01s (3m01s–3m01s)"), "{text}");
    assert!(text.contains("2m01s (2m01s–2m01s) +"), "{text}");
    // The sentence begins with the figure, whatever the lines break at: 100 of 400 against none.
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("false rollbacks +25 points (+21 to +29, n = 400 pairs) in plain."),
        "{said}"
    );
    assert!(said.contains("Better than patient in"), "{said}");
    assert!(markdown::draw(&page).contains("❌ **hasty**"));
    let curve = page.curve(1, 1).expect("a curve");
    assert_eq!(
        curve.steps.first().map(|step| step.after),
        Some(Duration::from_secs(120))
    );
    assert_eq!(curve.steps.last().map(|step| step.share.point()), Some(1.0));
    #[cfg(feature = "charts")]
    assert!(coalmine::report::html::draw(&page).is_ok());
}
