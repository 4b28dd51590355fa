//! How much machines differ that are sold as the same: virtual machines on which nothing but the machine was changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;

use coalmine::diagnostic::Documents;
use coalmine::experiment::{Request, Seeds, prepare};
use coalmine::score::{self, FigureName, Unit, words};
use coalmine::seed::{Place, Seed, normal_cdf};

use crate::common::shared;
use crate::source::policy;

const FOLDER: &str = "data/azure-vm-noise-aa";
/// Tests: file, what it is, and whether more is slower.
const TESTS: [(&str, &str, bool); 2] = [
    (
        "postgresql_scaling_factor_25_clients_25_mode_read_only_average_latency_ms",
        "PostgreSQL, read-only, mean latency",
        true,
    ),
    (
        "redis_test_get_parallel_connections_50_requests_per_second",
        "Redis GET, time per request",
        false,
    ),
];
/// Kinds of machine, and what they are.
const KINDS: [(&str, &str); 2] = [("D8s_v5", "steady"), ("B8ms", "burstable")];
/// Resamples behind an interval.
const RESAMPLES: i64 = 60;

/// Logarithms of how slow machines of one kind were.
struct Machines {
    /// One value each of machines that were made for it, by region.
    fresh: Vec<Vec<f64>>,
    /// Values of machines that were kept for months, by machine.
    kept: Vec<Vec<f64>>,
}

/// A number, and the middle 95 % of resamples.
#[derive(Clone, Copy)]
struct Spread([f64; 3]);

/// What one test says of one kind of machine.
pub struct Found {
    test: &'static str,
    kind: &'static str,
    what: &'static str,
    machines: usize,
    between: Spread,
    within: Spread,
    /// How often one machine is a tenth slower than the middle one: counted, and by a lognormal of that spread.
    slower: (Spread, f64),
}

/// Everything that is found; `None`, said aloud, where the data is not beside the checkout.
pub fn found() -> Option<Vec<Found>> {
    let mut all = Vec::new();
    for (file, test, more) in TESTS {
        let path = shared(&format!("{FOLDER}/{file}.csv.gz"))?;
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(std::fs::File::open(path).expect("it is there"))
            .read_to_string(&mut text)
            .expect("it is text");
        for (kind, what) in KINDS {
            all.push(Machines::read(&text, kind, more).found(test, kind, what));
        }
    }
    Some(all)
}

impl Machines {
    fn read(text: &str, kind: &str, more: bool) -> Self {
        let mut fresh = BTreeMap::<&str, Vec<f64>>::new();
        let mut kept = BTreeMap::<(&str, &str), Vec<f64>>::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let [_, lifespan, region, sku, machine, value] = cells[..] else {
                panic!("{line}");
            };
            let value: f64 = value.parse().expect("a number");
            if sku != kind || value <= 0.0 {
                continue;
            }
            let slow = if more { libm::log(value) } else { -libm::log(value) };
            match lifespan {
                "short" => fresh.entry(region).or_default().push(slow),
                _ => kept.entry((region, machine)).or_default().push(slow),
            }
        }
        Self {
            fresh: fresh.into_values().collect(),
            kept: kept.into_values().collect(),
        }
    }

    fn found(&self, test: &'static str, kind: &'static str, what: &'static str) -> Found {
        let of = |fresh: &[Vec<f64>], kept: &[Vec<f64>]| {
            let within = spread(kept);
            // A fresh machine's one value holds both.
            let between = libm::sqrt((spread(fresh) * spread(fresh) - within * within).max(0.0));
            [between, within, slower(fresh)]
        };
        let luck = Seed(1).stream(test).named(kind);
        let mut resampled: [Vec<f64>; 3] = Default::default();
        for resample in 0..RESAMPLES {
            let again = |name: &str, groups: &[Vec<f64>]| -> Vec<Vec<f64>> {
                let place = |at: i64| luck.named(name).at(resample * 10_000_000 + at);
                let one = |(group, values): (usize, &Vec<f64>)| {
                    let pick = |at: i64| draw(values, place(group as i64 * 100_000 + at));
                    (0..values.len() as i64).map(pick).collect()
                };
                groups.iter().enumerate().map(one).collect()
            };
            let numbers = of(&again("fresh", &self.fresh), &again("kept", &self.kept));
            for (all, number) in resampled.iter_mut().zip(numbers) {
                all.push(number);
            }
        }
        let point = of(&self.fresh, &self.kept);
        let mut spreads = point.iter().zip(resampled).map(|(&point, mut all)| {
            all.sort_by(f64::total_cmp);
            Spread([all[1], point, all[all.len() - 2]])
        });
        let mut next = || spreads.next().expect("there are three");
        let (between, within, counted) = (next(), next(), next());
        let sd = libm::sqrt(between.0[1] * between.0[1] + within.0[1] * within.0[1]);
        Found {
            test,
            kind,
            what,
            machines: self.fresh.iter().map(Vec::len).sum(),
            between,
            within,
            slower: (counted, 1.0 - normal_cdf(libm::log(1.1) / sd)),
        }
    }
}

fn draw(values: &[f64], place: Place) -> f64 {
    values[((place.uniform() * values.len() as f64) as usize).min(values.len() - 1)]
}

/// Standard deviation about the means of groups.
fn spread(groups: &[Vec<f64>]) -> f64 {
    let (mut squares, mut freedom) = (0.0, 0.0);
    for group in groups.iter().filter(|group| group.len() > 1) {
        let mean = group.iter().sum::<f64>() / group.len() as f64;
        squares += group
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum::<f64>();
        freedom += group.len() as f64 - 1.0;
    }
    libm::sqrt(squares / freedom)
}

/// How many are a tenth slower than the middle one of their group.
fn slower(groups: &[Vec<f64>]) -> f64 {
    let (mut slow, mut all) = (0.0, 0.0);
    for group in groups {
        let mut sorted = group.clone();
        sorted.sort_by(f64::total_cmp);
        let limit = sorted[sorted.len() / 2] + libm::log(1.1);
        slow += (sorted.len() - sorted.partition_point(|&value| value <= limit)) as f64;
        all += sorted.len() as f64;
    }
    slow / all
}

impl Spread {
    fn percent(self) -> String {
        let [low, point, high] = self.0.map(|number| number * 100.0);
        format!("{point:.1} % ({low:.1}–{high:.1})")
    }
}

/// The findings as a table.
pub fn table(found: &[Found]) -> String {
    let mut text = String::from(
        "| test | machine | fresh machines | between machines | within one | a tenth slower than the middle one | by a lognormal |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    for one in found {
        writeln!(
            text,
            "| {} | {} ({}) | {} | {} | {} | {} | {:.1} % |",
            one.test,
            one.kind,
            one.what,
            words::thousands(one.machines as u64),
            one.between.percent(),
            one.within.percent(),
            one.slower.0.percent(),
            one.slower.1 * 100.0
        )
        .expect("a text takes it");
    }
    text
}

/// A service whose machines differ as those of one test and kind do, in a gauge that each machine shows.
pub fn scenario(found: &[Found]) -> String {
    // Redis on steady machines: a spread in the middle of all.
    let one = &found[2];
    // The gauge lies at a tenth of its ceiling, where a log-sd s is one of s / 0.9 in the log-odds.
    let place = 0.1;
    let [low, point, high] = one.between.0.map(|sd| sd / (1.0 - place));
    let within = one.within.0.map(|sd| sd / (1.0 - place));
    format!(
        "# How much virtual machines differ that are sold as the same, May 2023 to September 2024: Microsoft, Azure VM Noise\n\
         # Dataset 2024 (github.com/Azure/AzurePublicDataset at b469a11), CC-BY-4.0; {} on {} {}\n\
         # machines of kind {}. The spread between machines alone: everything else is standard, since nothing else was\n\
         # recorded. A machine's mean latency is shown as a gauge, the middle machine's being 100; its spread is drawn once for\n\
         # a pod and kept, as a machine keeps its place.\n\
         # Intervals: 95 %, machines resampled.\n\
         apiVersion: coalmine/v1\n\
         kind: Scenario\n\
         spec:\n\
         \x20 exposition:\n\
         \x20   families:\n\
         \x20     - name: machine_latency\n\
         \x20       gauge:\n\
         \x20         limit: 110\n\
         \x20         level: 100\n\
         \x20         ceiling: 1000\n\
         \x20         noise:\n\
         \x20           shared: 0                # a policy compares machines at one time\n\
         \x20           private: {point:.4}          # {low:.4} to {high:.4} in the log-odds: between machines {}\n\
         \x20           correlation: 24h         # the longest there is: as good as for ever\n\
         \x20         follows: nothing\n\
         \x20       labels:\n\
         \x20         - {{ name: role, canary: canary, stable: stable }}\n\
         \x20         - {{ name: pod, canary: \"canary-{{pod}}\", stable: \"stable-{{pod}}\" }}\n\
         # Within one machine, from run to run: {:.4} ({:.4} to {:.4}) in the log-odds. It is left out: averages over a window\n\
         # take it away, and not what lies between machines.\n",
        one.test,
        words::thousands(one.machines as u64),
        one.what,
        one.kind,
        one.between.percent(),
        within[1],
        within[0],
        within[2],
    )
}

/// How often harmless releases are rolled back for their machines alone.
pub fn rolled_back(document: &str) -> String {
    let mut documents = policy("scenarios/fitted/policies/machines.yaml");
    documents.add("machines.yaml", document);
    let request = Request {
        worlds: vec!["plain".into()],
        ..Request::default()
    };
    let prepared = prepare(&documents, &Documents::default(), &request);
    let seeds = Seeds::first(500);
    let results = prepared.plan.play(&seeds).expect("it can be played");
    let scores = score::played(&documents, &prepared, &results);
    let row = scores.row(0, 0).expect("one policy in one world");
    let figure = row
        .figure(FigureName::FalseRollbacks)
        .expect("a harmless world has it");
    format!(
        "\nA policy that rolls back when the canary's machines are a tenth slower than the stable version's in the mean \
         (`scenarios/fitted/policies/machines.yaml`, four replicas, a quarter and then half of the weight) does so in {} of \
         harmless releases for their machines alone.\n",
        words::told(Unit::Share, &figure.number)
    )
}
