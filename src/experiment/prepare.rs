//! From documents and a call's options to a plan: one way for a fresh call and for the replay of an old one.

use super::choose::choose;
use super::names::tell_apart;
use super::over::Over;
use super::plan::{Overrides, Plan};
use super::request::{Request, STATED};
use super::stand_in::of_scenarios;
use super::unheeded::unheeded;
use super::worlds::{battery_for, stated, unknown_checks, worlds_stated};
use crate::diagnostic::{Documents, Finding, Severity, Spanned};
use crate::policy;
use crate::policy::argo::spec::Policy;
use crate::policy::vary::Variation;
use crate::promql::{self, Compat};
use crate::recording::Recording;
use crate::scenario::exposition::{Exposition, Family};
use crate::scenario::inference::{CheckReading, infer, selected};
use crate::scenario::recorded::{Mapping, unmet};
use crate::scenario::{self, GRAMMAR, Limits, Operator, Scenario, document};
use crate::yaml::Node;

/// A plan, and all there is to say about the documents it came from.
#[derive(Debug)]
pub struct Prepared {
    /// What will be played; empty of policies when none can be.
    pub plan: Plan,
    /// For each policy of the plan, for each of its checks, what it reads.
    pub readings: Vec<Vec<CheckReading>>,
    /// The service as it is assumed, before anything happens to it.
    pub service: Scenario,
    /// The limits that the policies state together.
    pub limits: Limits,
    /// Everything to say about the documents and the call.
    pub findings: Vec<Finding>,
    /// Whether the call asks for something that does not exist (a world, a variant, a person): what was asked for
    /// cannot be played, whatever the documents are like.
    pub wrong_call: bool,
    /// Policies that cannot be played.
    pub refused: usize,
    /// Other objects, a line: `ignored: 2 Service, 1 ConfigMap`.
    pub ignored: Option<String>,
}

/// Makes a plan of everything in `documents`. `beside` are files nearby, where a missing template may lie.
///
/// All findings at once; policies and worlds that can be played are in the plan whatever the others are like.
pub fn prepare(documents: &Documents, beside: &Documents, request: &Request) -> Prepared {
    prepare_over(documents, beside, request, None)
}

/// As [`prepare`], over a recording if there is one (the one that `request` names).
pub fn prepare_over(
    documents: &Documents,
    beside: &Documents,
    request: &Request,
    recording: Option<&Recording>,
) -> Prepared {
    let loaded = policy::load_for(documents, beside, request.argo);
    let mut findings = loaded.findings;
    let mut refused = loaded.refused;
    let stated = stated(documents, &mut findings);
    let written: Vec<Spanned<Family>> = stated.iter().flat_map(document::families).collect();
    let (written, contradictions) = document::together(&written);
    findings.extend(contradictions);
    let exposition = Exposition {
        families: written.iter().map(|family| family.value.clone()).collect(),
        routes: Vec::new(),
    };

    // A policy whose queries cannot be placed takes no other with it.
    let mut policies = loaded.policies;
    let mut wrong = Vec::new();
    let (cannot, said) = of_scenarios(documents, &stated, &mut policies)
        .into_iter()
        .partition(is_error);
    wrong.extend::<Vec<Finding>>(cannot);
    findings.extend::<Vec<Finding>>(said);
    let mapping = Mapping::parse(&request.map).unwrap_or_else(|found| {
        wrong.extend(found);
        Mapping::default()
    });
    policies.retain(|policy| {
        let found = match recording {
            None => infer(&[policy], &exposition).findings,
            Some(recording) => unmet(policy, &selected(policy), recording, &mapping),
        };
        let kept = !found.iter().any(is_error);
        if !kept {
            findings.extend(found);
            refused += 1;
        }
        kept
    });
    let mut inference = infer(&policies.iter().collect::<Vec<_>>(), &exposition);
    if recording.is_none() && inference.findings.iter().any(is_error) {
        let before = policies.len();
        policies = compatible(policies, &exposition, &mut findings);
        refused += before - policies.len();
        inference = infer(&policies.iter().collect::<Vec<_>>(), &exposition);
    }
    // What queries say of a service that nobody saw is not asked where one was recorded.
    if recording.is_none() {
        findings.extend(inference.findings);
    }
    if refused == 0 {
        findings.extend(unknown_checks(&stated, &policies));
        findings.extend(unheeded(&stated, &policies));
    }
    if refused == 0 && recording.is_none() {
        findings.extend(unread(&written, &inference.exposition));
    }
    findings.dedup();

    let mut base = scenario::standard(&inference.limits);
    // A ServiceMonitor beside the policy knows better than we how often its service is scraped.
    if let Some(interval) = policies.iter().find_map(|policy| policy.identity.scrape_interval) {
        base.observation.scrape_interval = interval;
    }
    let over = recording.filter(|_| !policies.is_empty()).and_then(|recording| {
        let over = Over::new(
            recording,
            request,
            &policies,
            &inference.exposition,
            &mapping,
            &base,
        );
        over.map_err(|finding| wrong.push(finding)).ok()
    });
    let base = over.as_ref().map_or(base, |over| over.service.clone());
    let (mut service, own) = worlds_stated(&stated, &base, &mut findings, &mut wrong);
    let known: Vec<&Scenario> = std::iter::once(&service).chain(&own).collect();
    for policy in &policies {
        findings.extend(scenario::unused_routes(policy, &known));
    }
    let (battery, more) = match &over {
        None => (
            battery_for(&service, &inference.exposition),
            scenario::battery_of_bites(&service),
        ),
        Some(over) => {
            findings.extend(over.unheeded(&service, &own));
            wrong.extend(own.iter().flat_map(|world| over.impossible(world)));
            (over.battery(&service), over.battery_of_bites(&service))
        }
    };
    findings.extend(nothing_stated(&request.worlds, &stated, &own, &mut wrong));
    let names = stated
        .iter()
        .filter_map(|node| node.at(&["metadata", "name"])?.text());
    let known: Vec<String> = own.iter().map(|world| world.name.clone()).collect();
    let broken: Vec<&str> = names
        .filter(|name| !known.iter().any(|known| known == name))
        .collect();
    let worlds = choose(&request.worlds, battery, more, own, &broken, &mut wrong);
    if recording.is_none() && !worlds.iter().all(|world| world.traffic.is_probed()) {
        findings.extend(inference.unprobed);
    }
    if let [only] = worlds.as_slice() {
        service = only.clone();
    }
    let operator = request.operator.as_deref().and_then(|words| {
        let operator = Operator::and_people(words);
        if operator.is_none() {
            wrong.push(
                Finding::error(format!("{words:?} is nobody who could come"))
                    .help("write nobody, 'promotes after 10m' or 'aborts after 10m'")
                    .help(GRAMMAR),
            );
        }
        operator
    });

    if let Some((operator, people)) = &operator {
        (service.operator, service.people) = (*operator, people.clone());
    }
    let (policies, mut readings) = vary(policies, inference.checks, &request.vary, &mut wrong);
    let wrong_call = !wrong.is_empty();
    findings.extend(wrong);
    let compat = if request.prometheus2 {
        Compat::V2
    } else {
        Compat::V3
    };
    let settings = promql::Settings {
        compat,
        ..promql::Settings::default()
    };
    let overrides = Overrides {
        horizon: request.horizon,
        operator,
    };
    let mut plan = Plan::new(
        policies,
        worlds,
        inference.exposition,
        &inference.limits,
        &overrides,
        settings,
        over.map(|over| over.recorded),
    );
    refused += refuse_unplayable(&mut plan, &mut readings, &mut findings);
    let played: Vec<&Scenario> = plan.worlds.iter().map(|world| &world.scenario).collect();
    let skips = plan
        .policies
        .iter()
        .filter_map(|planned| scenario::skips_nothing(&planned.policy, &played));
    let mut skips: Vec<Finding> = skips.collect();
    // Variants of one policy stand at one place.
    skips.dedup();
    findings.extend(skips);
    tell_apart(&mut plan.policies, documents);
    let ignored: Vec<String> = loaded
        .ignored
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let ignored = (!ignored.is_empty()).then(|| format!("ignored: {}", ignored.join(", ")));
    Prepared {
        plan,
        readings,
        service,
        limits: inference.limits,
        findings,
        wrong_call,
        refused,
        ignored,
    }
}

pub(super) fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

/// Where stated worlds are asked for: an error where nothing is stated or every world is broken, a note where it is a
/// service without a world.
fn nothing_stated(
    asked: &[String],
    stated: &[Node],
    own: &[Scenario],
    wrong: &mut Vec<Finding>,
) -> Option<Finding> {
    let asked_for = asked.iter().any(|world| world == STATED);
    if !asked_for || !own.is_empty() {
        return None;
    }
    if stated.is_empty() {
        let finding = Finding::error("there is no Scenario document here: no world is stated");
        wrong.push(
            finding
                .help("write one beside the manifests (apiVersion: coalmine/v1, kind: Scenario, metadata.name), or name its file")
                .help("without --scenario the battery is played"),
        );
        return None;
    }
    let named = |node: &Node| node.at(&["metadata", "name"]).is_some();
    if stated.iter().any(named) {
        wrong.push(Finding::error("no world that is stated here can be played"));
        return None;
    }
    let message = "what is stated is a service, no world: the battery is played over it";
    let finding = Finding::note(message).at(stated[0].span, "");
    Some(finding.help("give it a name to make it a world of its own: metadata.name"))
}

/// The policies that can be played beside those before them: no two see another service under the same names.
fn compatible(policies: Vec<Policy>, exposition: &Exposition, findings: &mut Vec<Finding>) -> Vec<Policy> {
    let mut kept = Vec::new();
    for policy in policies {
        kept.push(policy);
        let together = infer(&kept.iter().collect::<Vec<_>>(), exposition).findings;
        let before = findings.len();
        findings.extend(together.into_iter().filter(is_error));
        if findings.len() > before {
            kept.pop();
        }
    }
    kept
}

/// A warning for each family stated that no query reads.
fn unread(stated: &[Spanned<Family>], exposition: &Exposition) -> Vec<Finding> {
    let read = |name: &str| exposition.families.iter().any(|family| family.name == name);
    let unread = stated.iter().filter(|family| !read(&family.name));
    unread
        .map(|family| {
            Finding::warning(format!("no query reads {}", family.name))
                .at(family.span, "stated here")
                .help("a histogram is stated by its name without _bucket, _sum and _count")
        })
        .collect()
}

/// Takes the policies out of `plan` that have checks which cannot be asked in a simulated world.
fn refuse_unplayable(
    plan: &mut Plan,
    readings: &mut Vec<Vec<CheckReading>>,
    findings: &mut Vec<Finding>,
) -> usize {
    let before = plan.policies.len();
    let mut index = 0;
    while index < plan.policies.len() && !plan.worlds.is_empty() {
        let refused = plan.stage(index, 0).err().map(|cannot| cannot.finding(plan));
        match refused {
            None => index += 1,
            Some(finding) => {
                findings.push(finding);
                plan.policies.remove(index);
                readings.remove(index);
            }
        }
    }
    before - plan.policies.len()
}

type Varied = (Vec<Policy>, Vec<Vec<CheckReading>>);

/// The policies, each followed by its variants. All meet the world of the policies as they are written.
fn vary(
    policies: Vec<Policy>,
    readings: Vec<Vec<CheckReading>>,
    variations: &[String],
    findings: &mut Vec<Finding>,
) -> Varied {
    if variations.is_empty() {
        return (policies, readings);
    }
    let mut varied: Varied = (Vec::new(), Vec::new());
    let several = policies.len() > 1;
    for (policy, reading) in policies.into_iter().zip(readings) {
        let mut variants = Vec::new();
        for text in variations {
            match Variation::parse(text).and_then(|variation| variation.apply(&policy)) {
                Ok(mut found) => {
                    if several {
                        found
                            .iter_mut()
                            .for_each(|variant| variant.name = format!("{} {}", policy.name, variant.name));
                    }
                    variants.extend(found);
                }
                Err(error) => findings.push(Finding::error(error.to_string())),
            }
        }
        for policy in std::iter::once(policy).chain(variants) {
            varied.0.push(policy);
            varied.1.push(reading.clone());
        }
    }
    varied
}
