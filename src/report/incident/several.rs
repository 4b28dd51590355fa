use super::cells::{clients, did, harm_seen, known, table, utc, whole};
use super::laid::PAST;
use super::sums::{beside, delay, delay_words, sums, unknown};
use super::{Answer, Laid};
use crate::report::paint::harmless;
use crate::score::Unit;
use crate::score::words;

/// All deployments, a row each with a column a policy, and below what they add up to.
pub(super) fn draw(answer: &Answer, width: usize) -> String {
    let head = ["deployment", "at (UTC)", "clients", "10th failure"].map(str::to_owned);
    let mut deployments = table(width);
    deployments.set_header(head.into_iter().chain(names(answer)));
    for row in rows(answer) {
        deployments.add_row(row);
    }
    let mut summary = table(width);
    summary.set_header(std::iter::once(String::new()).chain(names(answer)));
    for row in summaries(answer) {
        summary.add_row(row);
    }
    let mut text = format!("{}\n\n{}\n\n", deployments.trim_fmt(), summary.trim_fmt());
    text.push_str("over: the deployment ended before the policy was done.\n");
    for sentence in differences(answer) {
        text.push_str(&harmless(&sentence));
        text.push('\n');
    }
    text.push_str(PAST);
    text.push('\n');
    text
}

fn names(answer: &Answer) -> impl Iterator<Item = String> {
    answer.laid.iter().map(|laid| harmless(&laid.policy))
}

/// A row a deployment: its name, when it came, what clients met, when that was plain, and what each policy did.
pub(in crate::report) fn rows(answer: &Answer) -> Vec<Vec<String>> {
    let deployments = answer.truth.deployments.iter().enumerate();
    deployments
        .map(|(index, deployment)| {
            let seen = harm_seen(deployment).map_or(String::new(), |seen| whole(seen).to_string());
            let did = answer
                .laid
                .iter()
                .map(|laid| did(deployment, &laid.hindsight[index]));
            let about = [
                harmless(&deployment.id),
                utc(deployment.at),
                clients(deployment),
                seen,
            ];
            about.into_iter().chain(did).collect()
        })
        .collect()
}

/// A row a class of deployments and one for the delay, a column a policy.
pub(in crate::report) fn summaries(answer: &Answer) -> Vec<Vec<String>> {
    let truth = &answer.truth;
    let all: Vec<_> = answer.laid.iter().map(|laid| sums(truth, laid)).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (number, class) in all.first().into_iter().flatten().enumerate() {
        let head = format!("{}, rolled back of {}", known(class.class), class.of);
        let cells = all.iter().map(|sums| {
            let sum = &sums[number];
            let share = words::estimate(Unit::Share, &sum.share).together();
            format!("{}: {share}", sum.rolled_back)
        });
        rows.push(std::iter::once(head).chain(cells).collect());
    }
    let over = |laid: &Laid| laid.hindsight.iter().filter(|seen| seen.is_unfinished()).count();
    let of_all = |name: &str, cell: &dyn Fn(&Laid) -> String| {
        let cells = answer.laid.iter().map(cell);
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<_>>()
    };
    if answer.laid.iter().any(|laid| unknown(truth, laid).is_some()) {
        rows.push(of_all("unknown, rolled back", &|laid| {
            unknown(truth, laid).map_or(String::new(), |(rolled_back, of)| {
                format!("{rolled_back} of {of}")
            })
        }));
    }
    let delays: Vec<_> = answer.laid.iter().map(|laid| delay(truth, laid)).collect();
    if delays.iter().any(Option::is_some) {
        let name = "unhealthy: from the tenth client failure to the rollback, median";
        rows.push(of_all(name, &|laid| {
            delay(truth, laid).map_or("–".to_owned(), |(median, _)| delay_words(&median))
        }));
        rows.push(of_all("… rolled back before it", &|laid| {
            delay(truth, laid).map_or("–".to_owned(), |(median, before)| {
                format!("{before} of {}", median.n)
            })
        }));
    }
    rows.push(of_all("over before the policy was done", &|laid| {
        over(laid).to_string()
    }));
    rows
}

/// Each policy but the first beside the first.
pub(in crate::report) fn differences(answer: &Answer) -> Vec<String> {
    let Some((first, others)) = answer.laid.split_first() else {
        return Vec::new();
    };
    others
        .iter()
        .filter_map(|other| beside(&answer.truth, first, other))
        .collect()
}
