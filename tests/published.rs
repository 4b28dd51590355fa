//! Figures that other people computed and printed, for schemes that a policy can play: whole rollouts over a gauge
//! world, from scrape to rollback, ours beside theirs.
//!
//! **Why the world is theirs.** A gauge's log-odds are noise of a stated sd around those of its level
//! (`docs/worlds.md`). With a level of 1/(1 + e^-mu), an sd of 1 and a correlation time of zero,
//! `ln(reading / (1 - reading))` is N(mu, 1) in every slot, each drawn for itself. Scrapes are a slot long, looks a
//! scrape apart, nothing is late, missed or jittered: every look reads the next slot, and no slot is read twice (the
//! test counts that too). A run length is the number of looks up to and with the one that rolls back.
//!
//! **The level.** Each interval is the mean plus and minus 3.2905 standard errors: 99.9 %. With twelve of them, all
//! hold the truth with a probability of at least 98.8 % (Bonferroni); seeds are fixed, so the test passes or fails for
//! ever.
//!
//! The table stands in `docs/trust.md`; `COALMINE_BLESS=1 cargo test --test published` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use coalmine::controller::argo::What;
use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Request, STATED, Seeds, prepare};
use coalmine::simulator::{Ending, Happening};
use coalmine::stats;
use coalmine::units::Duration;

const START: &str = "<!-- published figures: written by tests/published.rs -->";
const END: &str = "<!-- end of published figures -->";

/// Two-sided 99.9 % of a normal.
const Z: f64 = 3.290_5;

/// A published run length, and the check that has it.
struct Scheme {
    says: &'static str,
    /// Mean of the readings.
    mu: f64,
    /// What is asked of a reading, and what is made of its answer.
    query: &'static str,
    metric: &'static str,
    /// The mean run length, as printed.
    printed: f64,
    decimals: usize,
    trials: u64,
    ending: Ending,
}

const CHAMP_WOODALL: &str =
    "Champ & Woodall 1987, Technometrics 29, 393-399, Table 1, column C1: one reading beyond 3 sigma";
const FELLER: &str = "Feller 1968, An Introduction to Probability Theory and Its Applications I, XIII.7";

/// A Shewhart chart is a limit on both sides and no failure allowed.
const fn shewhart(mu: f64, printed: f64, trials: u64) -> Scheme {
    Scheme {
        says: "",
        mu,
        query: "READING",
        metric: "failureLimit: 0\n      failureCondition: result[0] > 3 || result[0] < -3",
        printed,
        decimals: 2,
        trials,
        ending: Ending::RolledBackByCheck,
    }
}

const SHEWHART: [Scheme; 8] = [
    shewhart(0.0, 370.40, 800),
    shewhart(0.4, 200.08, 1_000),
    shewhart(0.8, 71.55, 2_000),
    shewhart(1.2, 27.82, 4_000),
    shewhart(1.6, 12.38, 4_000),
    shewhart(2.0, 6.30, 4_000),
    shewhart(2.4, 3.65, 4_000),
    shewhart(2.8, 2.38, 4_000),
];

/// Failures in all; and runs of errors, which an answer that is left out brings about: Argo tolerates as many in a row
/// as `consecutiveErrorLimit` says, and looks again after 10 s, which is the interval here.
const WAITING: [Scheme; 4] = [
    Scheme {
        says: "`failureLimit: 3`, p 0.0027 (beyond 3 sigma): the fourth failure in all",
        mu: 0.0,
        query: "READING",
        metric: "failureLimit: 3\n      failureCondition: result[0] > 3 || result[0] < -3",
        printed: 1481.6,
        decimals: 1,
        trials: 240,
        ending: Ending::RolledBackByCheck,
    },
    Scheme {
        says: "`consecutiveErrorLimit: 2`, p 0.5: three in a row",
        mu: 0.0,
        query: "READING > 0",
        metric: "consecutiveErrorLimit: 2\n      successCondition: result[0] > 0",
        printed: 14.0,
        decimals: 0,
        trials: 4_000,
        ending: Ending::RolledBackByErrors,
    },
    Scheme {
        says: "`consecutiveErrorLimit: 9`, p 0.5: ten in a row",
        mu: 0.0,
        query: "READING > 0",
        metric: "consecutiveErrorLimit: 9\n      successCondition: result[0] > 0",
        printed: 2046.0,
        decimals: 0,
        trials: 200,
        ending: Ending::RolledBackByErrors,
    },
    Scheme {
        says: "`consecutiveErrorLimit: 1`, p 0.2 (below -0.8416): two in a row",
        mu: 0.0,
        query: "READING > -0.8416212335729143",
        metric: "consecutiveErrorLimit: 1\n      successCondition: result[0] > -1",
        printed: 30.0,
        decimals: 0,
        trials: 4_000,
        ending: Ending::RolledBackByErrors,
    },
];

/// Newcombe 1998, Statistics in Medicine 17, 857-872, Table I, 95 %: count, trials, Wilson, Clopper-Pearson.
const NEWCOMBE: [(u64, u64, [f64; 2], [f64; 2]); 2] = [
    (81, 263, [0.2553, 0.3662], [0.2527, 0.3676]),
    (1, 29, [0.0061, 0.1718], [0.0009, 0.1776]),
];

fn policy(scheme: &Scheme) -> String {
    let value = r#"published_reading{version="canary"}"#;
    let reading = format!("ln({value} / (1 - {value}))");
    let query = scheme.query.replace("READING", &reading);
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{ name: published }}
spec:
  replicas: 1
  selector: {{ matchLabels: {{ app: published }} }}
  template: {{ metadata: {{ labels: {{ app: published }} }} }}
  strategy:
    canary:
      analysis: {{ templates: [{{ templateName: published }}] }}
      steps: [{{ setWeight: 50 }}, {{ pause: {{}} }}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {{ name: published }}
spec:
  metrics:
    - name: published
      interval: 10s
      initialDelay: 1m
      {}
      provider: {{ prometheus: {{ address: http://prometheus:9090, query: '{query}' }} }}
",
        scheme.metric
    )
}

fn world(mu: f64) -> String {
    let level = 1.0 / (1.0 + libm::exp(-mu));
    format!(
        "apiVersion: coalmine/v1
kind: Scenario
metadata: {{ name: independent readings }}
spec:
  truth: harmless
  exposition:
    families:
      - name: published_reading
        gauge:
          {{ level: {level}, floor: 0, ceiling: 1, noise: {{ shared: 0, private: 1, correlation: 0s }}, follows: nothing }}
        labels: [{{ name: version, canary: canary, stable: stable }}]
        arms: [canary]
  observation: {{ scrapeInterval: 10s, slot: 10s, jitter: 0s, missed: 0, ingestion: 0s, measurement: 0s }}
  controller: {{ podReady: 0s, router: 0s, reconcile: 0s }}
"
    )
}

/// Run lengths of a scheme, trial by trial.
fn run_lengths(scheme: &Scheme) -> Vec<f64> {
    let mut documents = Documents::default();
    documents.add("policy.yaml", policy(scheme));
    documents.add("scenario.yaml", world(scheme.mu));
    let request = Request {
        worlds: vec![STATED.to_owned()],
        // Fifteen times the mean: the chance that any of 30,000 trials is longer is under 1 %.
        horizon: Some(Duration::from_secs((150.0 * scheme.printed) as i64 + 600)),
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let errors: Vec<_> = prepared
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let seeds = Seeds::first(scheme.trials);
    let results = prepared.plan.play(&seeds).unwrap();
    let outcomes = results.cell(0, 0);
    assert_eq!(outcomes.len() as u64, scheme.trials);
    let wrong = outcomes.iter().find(|outcome| outcome.ending != scheme.ending);
    assert!(wrong.is_none(), "{wrong:?}");
    // No two looks of a trial have read one draw.
    let (outcome, happenings) = prepared.plan.replay(0, 0, 1).unwrap();
    let values: Vec<u64> = happenings
        .iter()
        .filter_map(|happening| match happening {
            Happening::Controller(event) => match event.what {
                What::Looked(looked) => looked.value.map(f64::to_bits),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let there = outcome.checks[0].looks - outcome.checks[0].errors;
    assert_eq!(values.len(), there as usize);
    assert_eq!(values.iter().collect::<BTreeSet<_>>().len(), values.len());
    outcomes
        .iter()
        .map(|outcome| f64::from(outcome.checks[0].looks))
        .collect()
}

/// Mean, and the ends of its interval.
fn mean(lengths: &[f64]) -> [f64; 3] {
    let n = lengths.len() as f64;
    let mean = lengths.iter().sum::<f64>() / n;
    let squares = lengths.iter().map(|length| (length - mean) * (length - mean));
    let error = (squares.sum::<f64>() / (n - 1.0) / n).sqrt();
    [mean, mean - Z * error, mean + Z * error]
}

/// Plays a scheme and says its line.
fn line(name: &str, scheme: &Scheme) -> String {
    let lengths = run_lengths(scheme);
    let [mean, low, high] = mean(&lengths);
    let Scheme {
        printed, decimals, ..
    } = *scheme;
    // What is printed is rounded.
    let half = 0.5 / libm::pow(10.0, decimals as f64);
    assert!(
        low - half <= printed && printed <= high + half,
        "{name}: {mean:.3} ({low:.3} to {high:.3}), printed {printed}"
    );
    assert!(high - low < 0.5 * mean, "{name}: {low} to {high} says nothing");
    let looks: f64 = lengths.iter().sum();
    format!(
        "| {name} | {printed:.decimals$} | {mean:.2} ({low:.2} to {high:.2}) | {} | {looks:.0} |\n",
        lengths.len()
    )
}

fn intervals() -> String {
    let mut text = String::new();
    for (count, n, wilson, exact) in NEWCOMBE {
        let shown = stats::rate(count, n).unwrap();
        assert_eq!(
            (shown.low, shown.high),
            stats::wilson(count, n, 0.95),
            "what tables show"
        );
        let ours = [
            stats::wilson(count, n, 0.95),
            stats::clopper_pearson(count, n, 0.95),
        ];
        for (name, printed, (low, high)) in [("Wilson", wilson, ours[0]), ("Clopper-Pearson", exact, ours[1])]
        {
            for (printed, ours) in printed.into_iter().zip([low, high]) {
                assert!(
                    (printed - ours).abs() <= 0.000_05,
                    "{name} {count}/{n}: {ours}, printed {printed}"
                );
            }
            writeln!(
                text,
                "| {count} of {n}, {name} | {:.4} to {:.4} | {low:.6} to {high:.6} |",
                printed[0], printed[1]
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn published_figures_are_ours() {
    let head = "| | printed | ours, 99.9 % | trials | looks |\n|:--|--:|--:|--:|--:|\n";
    let mut text = format!(
        "**Looks until one is beyond three sigma**, by the shift of the mean. {CHAMP_WOODALL}.\n\n{head}"
    );
    for scheme in &SHEWHART {
        text += &line(&format!("mean {:.1} sigma", scheme.mu), scheme);
    }
    write!(
        text,
        "\n**Looks until so many fail**, in all or in a row. {FELLER}.\n\n{head}"
    )
    .unwrap();
    for scheme in &WAITING {
        text += &line(scheme.says, scheme);
    }
    write!(
        text,
        "\n**Intervals of a share**, 95 %. Newcombe 1998, Statistics in Medicine 17, 857-872, Table I. Nothing is \
         simulated here: a formula is compared, to the last printed digit.\n\n| | printed | ours |\n|:--|--:|--:|\n{}",
        intervals()
    )
    .unwrap();
    compare(&text);
}

/// Compares what stands between the marks of the page with `written`, or writes it.
fn compare(written: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trust.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page
        .split_once(START)
        .expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let anew = format!("{before}{START}\n{written}{END}{after}");
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, anew).unwrap();
    } else {
        assert!(
            page == anew,
            "docs/trust.md is not what the trials say; COALMINE_BLESS=1 cargo test --test published writes it \
             anew:\n{anew}"
        );
    }
}
