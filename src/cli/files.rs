//! Reads what the command line names: files, folders, standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Finding;

/// A file as it was found: its name as the user would say it, and its bytes.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// All that the command line named, and what lies near it.
#[derive(Default)]
pub(super) struct Sources {
    /// Files to read, folder by folder, by name.
    pub(super) files: Vec<Source>,
    /// Manifests in sibling and parent folders: where a missing template may lie. Never played unasked.
    pub(super) nearby: Vec<Source>,
    /// Paths that cannot be read.
    pub(super) findings: Vec<Finding>,
    /// What was taken so far, as the file system knows it: a file named twice is one file.
    taken: Vec<PathBuf>,
}

/// Largest single file that is taken for a document.
const LIMIT: u64 = 16 << 20;

/// Nearby files that are looked at, at most.
const NEARBY: usize = 200;

impl Sources {
    /// Gathers files, folders (one level, as `kubectl apply -f` does) and `-`.
    pub(super) fn gather(paths: &[PathBuf]) -> Self {
        let mut sources = Self::default();
        for path in paths {
            sources.add(path);
        }
        sources.look_around(paths);
        sources
    }

    fn add(&mut self, path: &Path) {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            match io::stdin().take(LIMIT + 1).read_to_end(&mut bytes) {
                Ok(_) if bytes.len() as u64 > LIMIT => {
                    self.findings
                        .push(Finding::error("is more than 16 MiB").about("<stdin>"));
                }
                Ok(_) => self.files.push(Source {
                    name: "<stdin>".into(),
                    bytes,
                }),
                Err(error) => self.findings.push(unreadable(Path::new("<stdin>"), &error)),
            }
        } else if path.join("Chart.yaml").is_file() {
            let help = format!(
                "pipe the rendered chart: helm template {0} | coalmine simulate -",
                path.display()
            );
            let chart =
                Finding::error("is a Helm chart: its templates are no manifests before they are rendered");
            self.findings
                .push(chart.about(path.display().to_string()).help(help));
        } else if path.is_dir() {
            match entries(path) {
                Ok(files) if files.is_empty() => {
                    self.findings.push(empty_folder(path));
                }
                Ok(files) if files.iter().all(|file| is_kustomization(file)) => {
                    let help = format!(
                        "pipe the built output: kustomize build {} | coalmine simulate -",
                        path.display()
                    );
                    let folder = Finding::error("holds a kustomization alone, whose manifests lie elsewhere");
                    self.findings
                        .push(folder.about(path.display().to_string()).help(help));
                }
                Ok(files) => files
                    .iter()
                    .filter(|file| !is_prose(file))
                    .for_each(|file| self.add_file(file)),
                Err(error) => self.findings.push(unreadable(path, &error)),
            }
        } else {
            self.add_file(path);
        }
    }

    fn add_file(&mut self, path: &Path) {
        if let Ok(real) = fs::canonicalize(path) {
            if self.taken.contains(&real) {
                return;
            }
            self.taken.push(real);
        }
        match load(path) {
            Ok(source) => self.files.push(source),
            Err(finding) => self.findings.push(finding),
        }
    }

    /// One reference in seven points out of its folder: look in the folder's subfolders, siblings and parent.
    fn look_around(&mut self, paths: &[PathBuf]) {
        let mut folders: Vec<PathBuf> = Vec::new();
        for path in paths.iter().filter(|path| *path != Path::new("-")) {
            let folder = if path.is_dir() {
                path.clone()
            } else {
                path.parent().unwrap_or(Path::new("")).to_owned()
            };
            let folder = if folder.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                folder
            };
            let inside = subfolders(&folder);
            let parent = folder.join("..");
            let siblings = if folder.file_name().is_some() {
                subfolders(&parent)
            } else {
                Vec::new()
            };
            folders.push(folder.clone());
            folders.extend(inside);
            folders.push(parent);
            folders.extend(siblings);
        }
        let mut seen = self.taken.clone();
        for folder in folders {
            for file in entries(&folder).unwrap_or_default() {
                let Ok(real) = fs::canonicalize(&file) else {
                    continue;
                };
                if self.nearby.len() >= NEARBY || !is_manifest(&file) || seen.contains(&real) {
                    continue;
                }
                seen.push(real);
                if let Ok(source) = load(&file) {
                    self.nearby.push(source);
                }
            }
        }
    }
}

/// Names of files as seen from the folder that holds them all: what tells them apart and says nothing of where that
/// folder lies.
pub(super) fn short_names(names: &[&str]) -> Vec<String> {
    let places: Vec<Vec<String>> = names.iter().map(|name| place(Path::new(name))).collect();
    let on_disk = || places.iter().filter(|place| place.len() > 1);
    let folders = on_disk().map(|place| &place[..place.len() - 1]);
    let common = folders.reduce(|a, b| {
        let equal = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        &a[..equal]
    });
    let depth = common.map_or(0, <[String]>::len);
    let short = |place: &Vec<String>| match place.len() {
        1 => place[0].clone(),
        _ => place[depth..].join("/"),
    };
    places.iter().map(short).collect()
}

/// The parts of a file's real path, root first; of what is no file, its name alone.
fn place(name: &Path) -> Vec<String> {
    let words = |path: &Path| {
        path.components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    let real = || {
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        name.is_file()
            .then(|| folder.join(name.file_name().unwrap_or_default()))
    };
    real().map_or_else(|| vec![name.display().to_string()], |path| words(&path))
}

fn load(path: &Path) -> Result<Source, Finding> {
    let length = fs::metadata(path)
        .map_err(|error| unreadable(path, &error))?
        .len();
    if length > LIMIT {
        return Err(
            Finding::error(format!("is {} MiB: too large for a manifest", length >> 20))
                .about(path.display().to_string()),
        );
    }
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    Ok(Source {
        name: shortest(path).display().to_string(),
        bytes,
    })
}

/// `rollouts/../templates/a.yaml` as `templates/a.yaml`, where that is the same file.
fn shortest(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if matches!(short.components().next_back(), Some(Component::Normal(_))) => {
                short.pop();
            }
            Component::CurDir => {}
            other => short.push(other),
        }
    }
    let same = |a: &Path, b: &Path| {
        fs::canonicalize(a)
            .ok()
            .is_some_and(|a| fs::canonicalize(b).ok() == Some(a))
    };
    if same(path, &short) {
        short
    } else {
        path.to_owned()
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Finding {
    let finding = Finding::error(format!("cannot be read: {error}")).about(path.display().to_string());
    if error.kind() == io::ErrorKind::NotFound {
        finding.help("name a file, a folder, or - for standard input")
    } else {
        finding
    }
}

fn empty_folder(path: &Path) -> Finding {
    let finding = Finding::error("there is no file in this folder").about(path.display().to_string());
    let inside = subfolders(path);
    let built = inside.iter().find_map(|folder| kustomization(folder));
    match inside.first() {
        Some(_) if built.is_some() => finding.help(format!(
            "pipe the built output of one of its folders: kustomize build {} | coalmine simulate -",
            built.unwrap_or_default()
        )),
        Some(inner) => finding.help(format!(
            "folders are read one level deep; name one of its folders, such as {}",
            inner.display()
        )),
        None => finding,
    }
}

/// The files of a folder by name; hidden ones left out.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    found.retain(|path| path.is_file() && !is_hidden(path));
    found.sort();
    Ok(found)
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| path.is_dir() && !is_hidden(path));
    found.sort();
    found
}

/// A folder that `kustomize build` takes: this one, or one inside it, two levels deep.
fn kustomization(folder: &Path) -> Option<String> {
    let within = |folders: Vec<PathBuf>| {
        let builds = |folder: &PathBuf| {
            entries(folder).is_ok_and(|files| files.iter().any(|file| is_kustomization(file)))
        };
        folders.into_iter().find(builds)
    };
    let found = within(vec![folder.to_owned()]).or_else(|| within(subfolders(folder)))?;
    Some(found.display().to_string())
}

fn is_kustomization(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    matches!(
        name,
        Some("kustomization.yaml" | "kustomization.yml" | "Kustomization")
    )
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_manifest(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

/// Markdown, scripts, pictures and the like lie beside manifests everywhere and are no manifests.
fn is_prose(path: &Path) -> bool {
    !is_manifest(path)
        && path.extension().is_none_or(|extension| {
            !["tpl", "jsonnet", "cue", "tf"]
                .iter()
                .any(|known| extension == *known)
        })
}
