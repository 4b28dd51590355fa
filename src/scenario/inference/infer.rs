use std::collections::BTreeSet;

use super::bare::bare;
use super::families::families;
use super::findings::{self, Subject};
use super::gauge::{made_up, share_limits};
use super::kind::Kind;
use super::limits;
use super::meaning::{reading, unknown};
use super::merge::{self, merge};
use super::place::{Names, all_families, best, told_apart_by};
use super::query::{Asked, Query, queries_of};
use super::route::route_labels;
use super::{CheckReading, Inference};
use crate::diagnostic::{Finding, Span};
use crate::policy::argo::spec::Policy;
use crate::scenario::Limits;
use crate::scenario::exposition::{Exposition, Family, RouteLabel};

/// What the queries of `policies` say about the service. A family that is `stated` takes the place of what would be
/// inferred for its name; stated ones that no query reads are left out.
pub fn infer(policies: &[&Policy], stated: &Exposition) -> Inference {
    let mut findings = Vec::new();
    let mut expositions = Vec::new();
    let mut checks = Vec::new();
    let mut limits = Limits::default();
    let mut unprobed = Vec::new();
    let mut asked = Vec::new();
    let mut read_by = Vec::new();
    for policy in policies {
        read_by.push(queries_of(policy, &mut asked, &mut findings));
    }
    let names = Names::new(&asked, &stated.families);
    for (policy, queries) in policies.iter().zip(&read_by) {
        let read = of_policy(policy, queries, &asked, &names, &stated.families, &mut findings);
        expositions.push(read.exposition);
        unprobed.extend(read.unprobed);
        for reading in &read.checks {
            limits = limits.and(&limits::for_world(&reading.limits));
        }
        checks.push(read.checks);
    }
    let mut exposition = merge(expositions);
    share_limits(&mut exposition.families, &asked);
    for (one, other) in merge::contradictions(&exposition.families) {
        let readers = policies.iter().zip(&checks).flat_map(|(policy, readings)| {
            let reads = |reading: &CheckReading| reading.families.contains(&one.name);
            let checks = policy.checks.iter().zip(readings);
            checks
                .filter(move |(_, reading)| reads(reading))
                .map(|(check, _)| check)
        });
        findings.push(findings::contradiction(one, other, readers));
    }
    let read = |family: &&Family| {
        let reads = |reading: &CheckReading| reading.stated.contains(&family.name);
        checks.iter().flatten().any(reads)
    };
    exposition
        .families
        .extend(stated.families.iter().filter(read).cloned());
    exposition
        .families
        .sort_by(|left, right| left.name.cmp(&right.name));
    exposition.routes = route_labels(&exposition.families, &asked);
    for reading in checks.iter_mut().flatten() {
        let own = exposition
            .routes
            .iter()
            .filter(|label| reading.families.contains(&label.family));
        let mut said: Vec<String> = own.map(RouteLabel::conclusion).collect();
        said.dedup();
        reading.conclusions.extend(said);
    }
    Inference {
        exposition,
        checks,
        limits,
        findings,
        unprobed,
    }
}

struct OfPolicy {
    exposition: Exposition,
    checks: Vec<CheckReading>,
    unprobed: Vec<Finding>,
}

fn of_policy(
    policy: &Policy,
    queries: &[Option<Query<'_>>],
    asked: &[Asked],
    names: &Names,
    stated: &[Family],
    findings: &mut Vec<Finding>,
) -> OfPolicy {
    let uses: Vec<usize> = queries
        .iter()
        .flatten()
        .flat_map(|query| query.uses.clone())
        .collect();
    let found = all_families(policy, &uses, asked, names, stated);
    let kinds = &names.kinds;
    let mut checks = Vec::new();
    let mut unprobed = Vec::new();
    let mut said = BTreeSet::new();
    for query in queries {
        let Some(query) = query else {
            checks.push(unknown());
            continue;
        };
        let mut matches = Vec::new();
        let mut unplaced = false;
        for n in query.uses.clone() {
            match (&kinds[n], best(&found, &kinds[n], &asked[n])) {
                (Kind::Unplaced(why), _) => {
                    unplaced = true;
                    let name = asked[n].one.name.as_str();
                    if said.insert(name) {
                        let reads = queries.iter().flatten().filter_map(|query| {
                            let mut uses = asked[query.uses.clone()].iter();
                            let one = &uses.find(|asked| asked.one.name == name)?.one;
                            Some((query.check.name.as_str(), query.check.place(&one.at)))
                        });
                        let checks: Vec<(&str, Span)> = reads.collect();
                        let own = uses.iter().map(|&n| &asked[n]);
                        let asked: Vec<&Asked> = own.filter(|asked| asked.one.name == name).collect();
                        let mut bare = bare(&Kind::Counter(name.to_owned()), &asked);
                        if !asked.iter().any(|asked| asked.one.rated) {
                            bare = made_up(bare);
                        }
                        let families = families(&policy.identity, &bare, &asked);
                        findings.push(findings::unplaced(name, &checks, why, &families));
                    }
                }
                (_, Some((found, matched))) => matches.push((n, found, matched)),
                (_, None) => {}
            }
        }
        let reading = if unplaced {
            unknown()
        } else {
            reading(policy, query, asked, &matches)
        };
        let uses = |kind: &Kind| {
            let own = query.uses.clone().filter(|&n| kinds[n] == *kind);
            own.map(|n| &asked[n].one).collect::<Vec<_>>()
        };
        let several: Vec<(usize, Vec<String>)> = query
            .uses
            .clone()
            .filter_map(|n| Some((n, told_apart_by(found.get(&kinds[n])?, &uses(&kinds[n])))))
            .find(|(_, labels)| !labels.is_empty())
            .into_iter()
            .collect();
        let subject = Subject {
            policy,
            query,
            asked,
            matches: &matches,
            reading: &reading,
            several: &several,
        };
        if !unplaced {
            findings.extend(findings::of(&subject));
            unprobed.extend(findings::unprobed(&subject));
        }
        checks.push(reading);
    }
    let inferred = found.into_values().flatten().filter(|found| !found.stated);
    let families = inferred.map(|found| found.family).collect();
    OfPolicy {
        exposition: merge([Exposition {
            families,
            routes: Vec::new(),
        }]),
        checks,
        unprobed,
    }
}
