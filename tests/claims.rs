//! Claims tables: what a rollout plan says, what the controller does with it, and the figure that shows it.
//!
//! The tables stand in the READMEs of the cases. This test plays the cases and compares byte for byte;
//! `COALMINE_BLESS=1 cargo test --test claims` writes the tables anew, which is right when a world, a controller or a
//! query changed on purpose.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use coalmine::controller::argo::What;
use coalmine::diagnostic::{Documents, Severity};
use coalmine::experiment::{Prepared, Request, Results, Seeds, prepare};
use coalmine::policy;
use coalmine::simulator::{Ending, Happening, Outcome};
use coalmine::stats;
use coalmine::units::{Duration, Timestamp};

const SEEDS: u64 = 400;
const WORLDS: [&str; 7] = [
    "plain",
    "incident",
    "quiet",
    "very-quiet",
    "errors-2",
    "errors-10",
    "latency-3",
];
const START: &str = "<!-- claims: written by tests/claims.rs -->";
const END: &str = "<!-- end of claims -->";

/// A case of `scenarios/`, played.
struct Case {
    prepared: Prepared,
    results: Results,
}

/// A line of a table.
struct Claim {
    says: &'static str,
    does: String,
    figure: String,
    /// A trial that shows it.
    trial: String,
    word: Word,
}

/// What became of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Kept,
    Broken,
    /// The plan leaves open what happens here.
    Open,
}

/// A part of the trials of a world: how many, and the first of them.
struct Part {
    count: u64,
    first: Option<u64>,
}

fn folder(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(case)
}

impl Case {
    /// Plays `count` seeds of the manifests of `case` after `edit`.
    fn play(case: &str, count: u64, edit: impl Fn(&str) -> String) -> Self {
        let mut documents = Documents::default();
        for name in ["analysis-template.yaml", "rollout.yaml", "services.yaml"] {
            let bytes = fs::read(folder(case).join(name)).unwrap();
            documents.add(name, edit(&policy::text(name, bytes).unwrap()));
        }
        let request = Request {
            worlds: WORLDS.map(str::to_owned).to_vec(),
            ..Request::default()
        };
        let prepared = prepare(&documents, &Documents::default(), &request);
        let wrong = prepared
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        assert!(wrong.is_none() && prepared.plan.policies.len() == 1, "{wrong:?}");
        let seeds = Seeds {
            first: 1,
            count,
            threads: None,
            stop: &AtomicBool::new(false),
            progress: &|_| {},
        };
        let results = prepared.plan.play(&seeds).unwrap();
        Self { prepared, results }
    }

    fn outcomes(&self, world: &str) -> &[Outcome] {
        let index = WORLDS.iter().position(|name| *name == world).unwrap();
        self.results.cell(0, index)
    }

    fn part(&self, world: &str, counts: impl Fn(&Outcome) -> bool) -> Part {
        let outcomes = self.outcomes(world);
        Part {
            count: outcomes.iter().filter(|&outcome| counts(outcome)).count() as u64,
            first: outcomes.iter().position(counts).map(|first| 1 + first as u64),
        }
    }

    fn ended(&self, world: &str, ending: Ending) -> Part {
        self.part(world, |outcome| outcome.ending == ending)
    }

    fn rolled_back(&self, world: &str) -> Part {
        self.part(world, |outcome| outcome.ending.is_rollback())
    }

    fn address(&self, world: &str, seed: Option<u64>) -> String {
        let index = WORLDS.iter().position(|name| *name == world).unwrap();
        format!("`{}`", self.prepared.plan.address(0, index, seed.unwrap_or(1)))
    }

    fn happenings(&self, world: &str, seed: u64) -> Vec<Happening> {
        let index = WORLDS.iter().position(|name| *name == world).unwrap();
        self.prepared.plan.replay(0, index, seed).unwrap().1
    }

    /// The canary's share of the requests at each analysis and at the promotion, in the first trial where nothing is
    /// wrong.
    fn shares(&self) -> String {
        let mut shares = Vec::new();
        let mut now = String::new();
        for happening in self.happenings("plain", 1) {
            match happening {
                Happening::ShareIs(_, share) => now = share.to_string(),
                Happening::Controller(event)
                    if matches!(event.what, What::RunStarted(..) | What::Promoted) =>
                {
                    shares.push(now.clone());
                }
                _ => {}
            }
        }
        shares.join(", ")
    }

    /// Readings of a check at its first look, trial by trial, in order of size.
    fn readings(&self, world: &str, check: &str) -> Vec<f64> {
        let policy = &self.prepared.plan.policies[0].policy;
        let mut readings: Vec<f64> = (1..=SEEDS / 8)
            .filter_map(|seed| {
                self.happenings(world, seed)
                    .into_iter()
                    .find_map(|happening| match happening {
                        Happening::Controller(event) => match event.what {
                            What::Looked(looked) if policy.checks[looked.check.0].name == check => {
                                looked.value
                            }
                            _ => None,
                        },
                        _ => None,
                    })
            })
            .collect();
        readings.sort_by(f64::total_cmp);
        readings
    }

    /// The time of promotion in the middle of all trials of `world`.
    fn promotion(&self, world: &str) -> Duration {
        let mut times: Vec<Timestamp> = self
            .outcomes(world)
            .iter()
            .filter_map(|outcome| outcome.promoted_at)
            .collect();
        times.sort();
        times[times.len() / 2] - Timestamp::ZERO
    }

    /// Expected requests harmed in `world`.
    fn harmed(&self, world: &str) -> String {
        let harmed: Vec<f64> = self
            .outcomes(world)
            .iter()
            .map(|outcome| outcome.blast_radius)
            .collect();
        let mean = stats::mean(&harmed, 1).unwrap();
        format!("{:.0} ({:.0} to {:.0})", mean.point, mean.low, mean.high)
    }
}

impl Part {
    /// `391 of 400: 97.8 % (95.8 to 98.8)`; none and all are bounds.
    fn said(&self) -> String {
        let share = stats::rate(self.count, SEEDS).unwrap().scaled(100.0);
        let share = match self.count {
            0 => format!("under {:.1} %", (share.high * 10.0).ceil() / 10.0),
            SEEDS => format!("over {:.1} %", (share.low * 10.0).floor() / 10.0),
            _ => format!("{:.1} % ({:.1} to {:.1})", share.point, share.low, share.high),
        };
        format!("{} of {SEEDS}: {share}", self.count)
    }

    /// Whether it is true of nearly all trials.
    fn is_usual(&self) -> bool {
        self.count * 20 >= SEEDS * 19
    }
}

/// The sentences of the plan, and what becomes of them. `finer` is the same case with five replicas.
fn claims(case: &Case, finer: &Case, intended: bool) -> Vec<Claim> {
    let kept = |is: bool| if is { Word::Kept } else { Word::Broken };
    let choose = |asked: &str, written: &str| (if intended { asked } else { written }).to_owned();
    let mut claims = Vec::new();

    let caught = case.ended("errors-10", Ending::RolledBackByCheck);
    claims.push(Claim {
        says: "\"`failureLimit: 1` forces immediate abort on sustained failures\"",
        does: choose(
            "the limit is 0 here: the first failed look aborts, which is after the first pause",
            "a limit of 1 tolerates one failure, and there is one look: nothing can fail",
        ),
        figure: format!("errors 10 %: rolled back by a check in {}", caught.said()),
        trial: case.address("errors-10", caught.first),
        word: kept(caught.is_usual()),
    });

    let promoted = case.ended("errors-10", Ending::Promoted);
    claims.push(Claim {
        says: "\"Any failed analysis step aborts the rollout and keeps the previous ReplicaSet as stable\"",
        does: choose(
            "it does, once a step can fail",
            "no step fails: a canary that fails one request in ten becomes the stable version",
        ),
        figure: format!(
            "errors 10 %: promoted in {}; requests harmed, expected: {}",
            promoted.said(),
            case.harmed("errors-10")
        ),
        trial: case.address("errors-10", promoted.first),
        word: kept(promoted.count == 0),
    });

    let waiting = case.ended("errors-2", Ending::Waiting);
    claims.push(Claim {
        says: "\"failure when 5xx ratio >3% …; success when <1%\"",
        does: "between the two a look is inconclusive: the rollout stops at its weight and waits for a person, and harm \
               goes on"
            .into(),
        figure: format!(
            "errors 2 %: waiting at the horizon in {}; requests harmed, expected: {}",
            waiting.said(),
            case.harmed("errors-2")
        ),
        trial: case.address("errors-2", waiting.first),
        word: Word::Open,
    });

    let quiet = case.ended("quiet", Ending::RolledBackByErrors);
    let quieter = case.ended("very-quiet", Ending::RolledBackByErrors);
    claims.push(Claim {
        says: "\"success when <1%\"",
        does: "a canary that had no 5xx yet has no such series: the query answers nothing, `result[0]` of nothing is an \
               error, and five errors in a row roll back"
            .into(),
        figure: format!(
            "nothing wrong, 2 requests/s: rolled back by errors in {}; 0.5 requests/s: {}",
            quiet.said(),
            quieter.said()
        ),
        trial: case.address("quiet", quiet.first),
        word: kept(quiet.count == 0 && quieter.count == 0),
    });

    let looks = case
        .happenings("plain", 1)
        .iter()
        .filter(|happening| is_look(happening))
        .count() as i64
        / 2;
    let length = case.promotion("plain");
    let judged = Duration::from_secs(45 * looks);
    claims.push(Claim {
        says: "\"over 1m windows\"",
        does: "at a scrape every 15s a window of 1m holds four samples, and these are 45s apart: the increase of the \
               other 15s is guessed; nothing looks at what happens between the windows, nor at the last pause"
            .into(),
        figure: format!(
            "plain: {looks} looks at each check judge {judged} of {length}: {:.0} %",
            100.0 * judged.as_secs_f64() / length.as_secs_f64()
        ),
        trial: case.address("plain", None),
        word: Word::Broken,
    });

    if intended {
        let incident = case.ended("incident", Ending::RolledBackByCheck);
        claims.push(Claim {
            says: "\"Error rate: failure when 5xx ratio >3%\"",
            does: "the canary is compared with a number, not with the stable version: an incident that strikes both is \
                   the canary's fault"
                .into(),
            figure: format!("three minutes of 5 % on both: rolled back by a check in {}", incident.said()),
            trial: case.address("incident", incident.first),
            word: kept(incident.count == 0),
        });
    }

    let slow = case.ended("latency-3", Ending::RolledBackByCheck);
    let readings = case.readings("latency-3", "latency-p95");
    claims.push(Claim {
        says: "\"Latency p95: failure when p95 >600ms; success when <500ms\"",
        does: choose(
            "it fails, though it cannot read 600ms: the usual buckets end at 500ms and 1s, and between them the reading \
             is a straight line",
            "it reads the harm and cannot fail",
        ),
        figure: format!(
            "latency × 3 (p95 of 600ms): first readings from {:.0}ms to {:.0}ms, median {:.0}ms (n = {}); rolled \
             back by a check in {}",
            1000.0 * readings[0],
            1000.0 * readings[readings.len() - 1],
            1000.0 * readings[readings.len() / 2],
            readings.len(),
            slow.said()
        ),
        trial: case.address("latency-3", slow.first),
        word: kept(slow.is_usual()),
    });

    claims.push(Claim {
        says: "\"progressive weights: 20% → analysis → 50% → analysis → 100%\"",
        does: "without a traffic router the pods are the weight: one canary beside one stable pod is half the traffic, \
               at 20 and at 50"
            .into(),
        figure: format!("share at the analyses and at the promotion: {}", case.shares()),
        trial: case.address("plain", None),
        word: kept(case.shares().starts_with("20 %")),
    });
    claims.push(Claim {
        says: "\"Rollout defaults to 1 replica; scale replicas if you need finer traffic splits\"",
        does: "with `replicas: 5` the shares follow".into(),
        figure: format!("share at the analyses and at the promotion: {}", finer.shares()),
        trial: String::new(),
        word: kept(finer.shares().starts_with("20 %")),
    });
    claims.push(Claim {
        says: "\"with pauses (5m/10m/5m) to observe metrics\"",
        does: choose(
            "the pauses are kept; five looks a minute apart add 4m at each analysis, a pod 20s until it is ready",
            "they are kept, with 20s until the pod is ready; nothing observes but one look after each of the first two",
        ),
        figure: format!("plain: promoted after {length} (median)"),
        trial: case.address("plain", None),
        word: Word::Kept,
    });
    claims
}

fn is_look(happening: &Happening) -> bool {
    matches!(happening, Happening::Controller(event) if matches!(event.what, What::Looked(_)))
}

fn table(claims: &[Claim]) -> String {
    let mut text =
        format!("{START}\n| the plan says | what happens | measured | a trial | |\n|:--|:--|:--|:--|:--|\n");
    for claim in claims {
        let word = match claim.word {
            Word::Kept => "kept",
            Word::Broken => "**broken**",
            Word::Open => "left open",
        };
        let Claim {
            says,
            does,
            figure,
            trial,
            ..
        } = claim;
        writeln!(text, "| {says} | {does} | {figure} | {trial} | {word} |").unwrap();
    }
    text + END
}

/// Compares the table of a README with `claims`, or writes it.
fn compare(case: &str, claims: &[Claim]) {
    let path = folder(case).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text
        .split_once(START)
        .expect("the README has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let played = format!("{before}{}{after}", table(claims));
    if std::env::var_os("COALMINE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, played).unwrap();
    } else {
        assert!(
            text == played,
            "the claims of scenarios/{case} are not what the trials say; COALMINE_BLESS=1 cargo test --test claims \
             writes them anew:\n{played}"
        );
    }
}

fn five_replicas(text: &str) -> String {
    text.replace("replicas: 1\n", "replicas: 5\n")
}

/// The words of `claims` whose sentence holds `part`.
fn word(claims: &[Claim], part: &str) -> Word {
    claims
        .iter()
        .find(|claim| claim.says.contains(part))
        .unwrap()
        .word
}

#[test]
fn what_the_plan_says_is_not_what_its_manifests_do() {
    let case = Case::play("param-kernel", SEEDS, str::to_owned);
    let finer = Case::play("param-kernel", 1, five_replicas);
    let claims = claims(&case, &finer, false);
    for broken in [
        "failureLimit",
        "failed analysis",
        "p95",
        "20%",
        "success when <1%\"",
    ] {
        let last = claims.iter().rfind(|claim| claim.says.contains(broken)).unwrap();
        assert_eq!(last.word, Word::Broken, "{broken}");
    }
    assert_eq!(word(&claims, "scale replicas"), Word::Kept);
    // Pauses of 5, 10 and 5 minutes and a pod that serves after 20 s.
    assert_eq!(case.promotion("plain"), Duration::from_secs(20 * 60 + 20));
    // One look cannot exceed a limit of one, whatever it reads.
    for world in WORLDS {
        assert_eq!(case.ended(world, Ending::RolledBackByCheck).count, 0, "{world}");
    }
    compare("param-kernel", &claims);
}

#[test]
fn what_the_plan_means_is_kept_where_it_can_be() {
    let case = Case::play("param-kernel-intended", SEEDS, str::to_owned);
    let finer = Case::play("param-kernel-intended", 1, five_replicas);
    let claims = claims(&case, &finer, true);
    for kept in ["failureLimit", "failed analysis", "p95", "scale replicas"] {
        assert_eq!(word(&claims, kept), Word::Kept, "{kept}");
    }
    // Five looks a minute apart end four minutes after the first.
    assert_eq!(case.promotion("plain"), Duration::from_secs(28 * 60 + 20));
    // Harm of the canary's first request is seen by the first look, when the first pause is over.
    let seen = |outcome: &Outcome| outcome.time_to_detect() == Some(Duration::from_mins(5));
    assert!(case.part("errors-10", seen).is_usual());
    assert!(case.rolled_back("errors-10").is_usual());
    compare("param-kernel-intended", &claims);
}
