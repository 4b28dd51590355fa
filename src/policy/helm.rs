//! Helm charts: text that is not yet a manifest. One finding for each chart.

use std::collections::BTreeMap;

use regex::Regex;

use crate::diagnostic::{Document, DocumentId, Finding, Span};

/// Charts seen so far.
pub struct Charts {
    /// By folder: where its first policy is filled in, and how many policies there are.
    charts: BTreeMap<String, (Span, usize)>,
    templates: usize,
    sure: Regex,
    likely: Regex,
    policy: Regex,
}

impl Charts {
    /// Looks for charts.
    pub fn new() -> Self {
        let regex = |text: &str| Regex::new(text).expect("a constant expression");
        let objects = r"\.Values|\.Release|\.Chart|\.Files|\.Capabilities|\.Template|\$\.";
        let words = "if|else|range|with|end|define|template|printf|quote|default|required|lookup";
        Self {
            charts: BTreeMap::new(),
            templates: 0,
            sure: regex(&format!(
                r#"\{{\{{-?\s*({objects}|/\*|`|"\{{\{{|(include|toYaml|tpl)\b)"#
            )),
            // Alerting rules and dashboards have these too.
            likely: regex(&format!(r"\{{\{{-|-\}}\}}|\{{\{{\s*({words})\b")),
            policy: regex(r"(?m)^kind:\s*(Rollout|Canary)\s*$"),
        }
    }

    /// Whether `document` is a template of a chart; if so, remembers it. `broken`: whether it is no YAML as it stands.
    pub fn take(&mut self, id: DocumentId, document: &Document, broken: bool) -> bool {
        let likely = || self.likely.find(&document.text).filter(|_| broken);
        let Some(mark) = self.sure.find(&document.text).or_else(likely) else {
            return false;
        };
        let policies = self.policy.find_iter(&document.text).count();
        let near_policies = document.text.contains("argoproj.io") || document.text.contains("flagger.app");
        if policies == 0 && !near_policies {
            self.templates += 1;
            return true;
        }
        let chart = self.charts.entry(folder(&document.name));
        let (_, count) = chart.or_insert((Span::new(id, mark.range()), 0));
        *count += policies;
        true
    }

    /// One error for each chart with a policy, the number of policies in them, and of other templates.
    pub fn findings(self) -> (Vec<Finding>, usize, usize) {
        let mut findings = Vec::new();
        let mut policies = 0;
        for (chart, (span, count)) in self.charts {
            policies += count;
            findings.push(
                Finding::error("this is a Helm template, not yet a manifest")
                    .at(span, "filled in by Helm")
                    .help(format!(
                        "pipe the rendered chart: helm template {chart} | coalmine simulate -"
                    )),
            );
        }
        (findings, policies, self.templates)
    }
}

/// The chart's folder: what stands before `templates/`.
fn folder(name: &str) -> String {
    let before = match name.rfind("templates/") {
        Some(at) if at == 0 || name[..at].ends_with('/') => &name[..at],
        _ => name.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    match before.trim_end_matches('/') {
        "" => ".".to_owned(),
        folder => folder.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Charts;
    use crate::diagnostic::Documents;

    #[test]
    fn tells_helm_from_argo() {
        let cases = [
            ("query: x{a=\"{{args.service}}\"}", false),
            ("query: x{a=\"{{ args.service }}\"}", false),
            ("successCondition: result[0] >= {{ args.end }}", false),
            (
                "summary: \"{{ $labels.pod }} has {{ if true }}errors{{ end }}\"",
                false,
            ),
            ("replicas: {{ .Values.replicas }}", true),
            ("{{- if .Values.canary }}", true),
            ("a: [\n{{- end }}", true),
            ("query: {{ \"{{args.service}}\" }}", true),
            ("query: {{`{{args.service}}`}}", true),
            ("name: {{ include \"x\" . }}", true),
        ];
        for (text, helm) in cases {
            let mut documents = Documents::default();
            let id = documents.add("a.yaml", text);
            let parts = crate::yaml::read(&documents, id);
            let broken = parts
                .iter()
                .any(|part| matches!(part.content, crate::yaml::Content::Broken));
            assert_eq!(Charts::new().take(id, documents.get(id), broken), helm, "{text}");
        }
    }

    #[test]
    fn one_finding_for_each_chart() {
        let mut documents = Documents::default();
        let mut charts = Charts::new();
        for name in [
            "chart/templates/rollout.yaml",
            "chart/templates/b/analysis.yaml",
            "templates/rollout.yaml",
        ] {
            let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nreplicas: {{ .Values.x }}";
            let id = documents.add(name, text);
            charts.take(id, documents.get(id), false);
        }
        let (findings, policies, _) = charts.findings();
        assert_eq!((findings.len(), policies), (2, 3));
        assert!(findings[1].help[0].contains("helm template chart |"));
    }
}
