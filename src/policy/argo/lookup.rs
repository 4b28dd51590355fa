//! Which template a name means, and what to say when it means none.

use super::reader::Reader;
use super::run::Template;
use crate::diagnostic::{Documents, Finding, Span};
use crate::policy::object::Object;
use crate::policy::shelf::Shelf;
use crate::policy::words;
use crate::yaml::{Kind, Node};

const GROUP: &str = "argoproj.io";

/// The templates that `references` name, each followed by those that it names itself, as the controller walks them
/// (argo-rollouts `getAnalysisTemplatesFromRefs`). What is missing becomes a finding.
pub(super) fn templates<'a>(reader: &mut Reader<'a>, references: Option<&Node>) -> Vec<Template<'a>> {
    let mut found = Vec::new();
    walk(reader, references, &mut Vec::new(), &mut found);
    found
}

fn walk<'a>(
    reader: &mut Reader<'a>,
    references: Option<&Node>,
    above: &mut Vec<Span>,
    found: &mut Vec<Template<'a>>,
) {
    let references = reader.value(references, |node| node.expect_items().map(<[Node]>::to_vec));
    for reference in references.unwrap_or_default() {
        let Kind::Mapping(_) = reference.kind else {
            let finding = *reference.unexpected("a reference to a template");
            reader.findings.push(finding.help("write `- templateName: NAME`"));
            continue;
        };
        let Some(named) = reference.get("templateName").filter(|name| !name.is_null()) else {
            let message = "a reference to a template needs `templateName`";
            reader
                .findings
                .push(Finding::error(message).at(reference.span, ""));
            continue;
        };
        let cluster = reader.boolean(reference.get("clusterScope"));
        let Some(name) = reader.value(Some(named), |node| node.expect_text().map(str::to_owned)) else {
            continue;
        };
        let Some(object) = nearest(reader, &name, cluster) else {
            let finding = missing(reader, &name, cluster, named.span);
            reader.findings.push(finding);
            continue;
        };
        if above.contains(&object.root.span) {
            let message = format!("the template `{name}` leads back to itself");
            reader.findings.push(Finding::error(message).at(named.span, ""));
            continue;
        }
        let Some(spec) = object.at(&["spec"]) else {
            let message = format!("the template `{name}` has no `spec`");
            reader
                .findings
                .push(Finding::error(message).at(object.title(), ""));
            continue;
        };
        // A diamond of references grows without end long before any policy needs it.
        if found.len() >= 1000 {
            return;
        }
        found.push(Template {
            name: &object.name,
            cluster,
            spec,
        });
        above.push(object.root.span);
        walk(reader, spec.get("templates"), above, found);
        above.pop();
    }
}

fn kind(cluster: bool) -> &'static str {
    if cluster {
        "ClusterAnalysisTemplate"
    } else {
        "AnalysisTemplate"
    }
}

fn named<'a>(shelf: &'a Shelf, name: &str, cluster: bool) -> impl Iterator<Item = &'a Object> {
    let objects = shelf
        .objects
        .iter()
        .filter(move |object| object.is(GROUP, kind(cluster)));
    objects.filter(move |object| object.name == name)
}

/// The template of that name that lies nearest to the Rollout: same file, then most folders in common.
fn nearest<'a>(reader: &mut Reader<'a>, name: &str, cluster: bool) -> Option<&'a Object> {
    let (around, rollout) = (reader.around, reader.rollout);
    let seen = |object: &&Object| cluster || object.may_see(rollout);
    let candidates: Vec<&Object> = named(around.shelf, name, cluster).filter(seen).collect();
    let near = |object: &Object| closeness(around.documents, object, rollout);
    let best = candidates.iter().map(|object| near(object)).max()?;
    let chosen = *candidates.iter().find(|object| near(object) == best)?;
    if candidates.len() > 1 {
        let message = format!("{} templates are named `{name}`", candidates.len());
        let finding = Finding::note(message).at(chosen.title(), "the one nearest to the Rollout is played");
        reader.findings.push(finding.at(rollout.title(), "this Rollout"));
    }
    Some(chosen)
}

fn closeness(documents: &Documents, object: &Object, rollout: &Object) -> usize {
    if object.document() == rollout.document() {
        return usize::MAX;
    }
    let folders = |object: &Object| {
        let name = &documents.get(object.document()).name;
        name.rsplit_once('/')
            .map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let (own, other) = (folders(object), folders(rollout));
    own.split('/')
        .zip(other.split('/'))
        .take_while(|(a, b)| a == b)
        .count()
}

fn missing(reader: &Reader<'_>, name: &str, cluster: bool, at: Span) -> Finding {
    let around = reader.around;
    let finding = Finding::error(format!(
        "there is no {} `{name}` in the given files",
        kind(cluster)
    ))
    .at(at, "");
    if let Some(other) = named(around.shelf, name, !cluster).next() {
        let place = at_line(around.documents, other.title());
        let help = if cluster {
            "remove `clusterScope: true`"
        } else {
            "add `clusterScope: true`"
        };
        return finding.help(format!("{place} has a {} of that name: {help}", kind(!cluster)));
    }
    let nearby = around.nearby.get_or_init(|| Shelf::read(around.beside));
    if let Some(found) = named(nearby, name, cluster).next() {
        let file = &around.beside.get(found.document()).name;
        return finding.help(format!("it stands in {file}: give that file too"));
    }
    let objects = around
        .shelf
        .objects
        .iter()
        .filter(|object| object.is(GROUP, kind(cluster)));
    match words::nearest(name, objects.map(|object| object.name.as_str())) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help("give the file that holds it as well"),
    }
}

fn at_line(documents: &Documents, span: Span) -> String {
    format!("{}:{}", documents.get(span.document).name, documents.line(span))
}
