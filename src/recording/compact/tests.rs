use std::fs;
use std::path::PathBuf;

use super::folder::MANIFEST;
use super::{CompactForm, CompactManifest, read, read_manifest, write, write_as};
use crate::recording::{Builder, Keep, Recording, digest};
use crate::series::Labels;

fn recording() -> Recording {
    let mut builder = Builder::default();
    for (job, shift) in [("a", 0), ("b\"\n", 1)] {
        let series = builder.series(Labels::new([("__name__", "up"), ("job", job)]));
        for n in 0..50 {
            builder.push(series, n * 15_000 + shift, 0.1 * n as f64);
        }
        builder.push_stale(series, 800_000);
    }
    let ended = builder.series(Labels::new([("__name__", "ended.before")]));
    builder.push_stale(ended, 3);
    builder.build().unwrap()
}

fn forms() -> Vec<CompactForm> {
    let mut forms = vec![CompactForm::Text];
    forms.extend([CompactForm::default()]);
    forms
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("coalmine-compact-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn what_is_written_is_read_back_stale_marks_and_all() {
    let folder = folder("again");
    let path = folder.join("one");
    let origin = "prometheus at https://user:secret@example.org:9090/x?y=1";
    let manifest = CompactManifest::new(origin, vec!["up".into()], Vec::new(), None);
    for form in forms() {
        let written = write_as(&recording(), &manifest, &path, form).unwrap();
        assert_eq!(written.origin, "prometheus at https://example.org:9090/x?y=1");
        assert_eq!(
            (written.series, written.samples, written.stale_marks),
            (3, 100, 3)
        );
        let (again, findings) = read(&path, &Keep::default()).unwrap();
        assert!(findings.is_empty());
        assert_eq!(digest(&again), written.sha256);
        assert_eq!(read_manifest(&path).unwrap(), written);
        let names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["one"], "nothing is left beside it");
        // One bit of the samples.
        let file = path.join(written.files.keys().last().unwrap());
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).unwrap();
        let finding = read(&path, &Keep::default()).unwrap_err();
        assert_eq!(finding.message, "is not the file that its manifest speaks of");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_was_changed_or_is_something_else_is_a_finding() {
    let folder = folder("changed");
    let path = folder.join("one");
    let manifest = CompactManifest::new("by hand", Vec::new(), Vec::new(), None);
    write_as(&recording(), &manifest, &path, CompactForm::Text).unwrap();
    let text = fs::read_to_string(path.join(MANIFEST)).unwrap();
    fs::write(
        path.join(MANIFEST),
        text.replace("\"sha256\": \"", "\"sha256\": \"0"),
    )
    .unwrap();
    let finding = read(&path, &Keep::default()).unwrap_err();
    assert!(finding.message.starts_with("is not what its manifest says"));
    fs::write(
        path.join(MANIFEST),
        text.replace("\"format\": 1", "\"format\": 7"),
    )
    .unwrap();
    assert!(
        read(&path, &Keep::default())
            .unwrap_err()
            .message
            .starts_with("its format is 7")
    );
    fs::write(path.join("mine.txt"), "mine").unwrap();
    assert!(write(&recording(), &manifest, &path).is_err());
    assert!(path.join("mine.txt").is_file());
    fs::remove_dir_all(folder).unwrap();
}
