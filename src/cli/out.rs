//! `--out FORMAT=PATH`: what else is written, and where.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::diagnostic::Finding;
use crate::report::{self, Page};

/// Folder for what is written unasked, where the command runs.
pub(super) const FOLDER: &str = "coalmine-out";

/// A form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
    Markdown,
    Html,
    Ledger,
}

/// One `--out`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Out {
    pub(super) format: Format,
    /// `-` is stdout.
    pub(super) path: PathBuf,
}

impl Out {
    /// Reads `FORMAT=PATH`.
    ///
    /// # Errors
    ///
    /// No such format, or one that this build leaves out: its feature is named.
    pub(super) fn parse(text: &str) -> Result<Self, Finding> {
        let wrong = |message: String| {
            Finding::error(message)
                .help("write --out json=PATH, csv=PATH, md=PATH, html=PATH or ledger=FOLDER; - is stdout")
        };
        let (format, path) = text
            .split_once('=')
            .ok_or_else(|| wrong(format!("--out {text:?} has no '='")))?;
        let format = match format {
            "json" => Format::Json,
            "csv" => Format::Csv,
            "md" | "markdown" => Format::Markdown,
            "html" if cfg!(feature = "charts") => Format::Html,
            "html" => {
                return Err(Finding::error(
                    "this build cannot draw pages: it was made without the feature 'charts'",
                )
                .help("build with the default features, or with --features charts"));
            }
            "parquet" => {
                return Err(wrong(
                    "a ledger's parts are Parquet by themselves: name its folder".into(),
                ));
            }
            "ledger" => Format::Ledger,
            other => return Err(wrong(format!("there is no format {other:?}"))),
        };
        if path.is_empty() || (path == "-" && format == Format::Ledger) {
            return Err(wrong(format!("--out {text:?} names no place")));
        }
        Ok(Self {
            format,
            path: path.into(),
        })
    }

    /// Reads every `--out` of a call.
    ///
    /// # Errors
    ///
    /// One is wrong, or two want stdout.
    pub(super) fn parse_all(texts: &[String]) -> Result<Vec<Self>, Finding> {
        let outs: Vec<Self> = texts
            .iter()
            .map(|text| Self::parse(text))
            .collect::<Result<_, _>>()?;
        if outs.iter().filter(|out| out.is_stdout()).count() > 1 {
            return Err(
                Finding::error("two answers cannot both go to stdout").help("give one of them a file")
            );
        }
        if outs.iter().filter(|out| out.format == Format::Ledger).count() > 1 {
            return Err(Finding::error("a call writes one ledger").help("copy its folder where you need it"));
        }
        Ok(outs)
    }

    pub(super) fn is_stdout(&self) -> bool {
        self.path == Path::new("-")
    }
}

/// Draws `page` as `format`; a ledger is not drawn.
///
/// # Errors
///
/// Only a mistake of ours.
pub(super) fn draw(page: &Page, format: Format) -> Result<String, String> {
    match format {
        Format::Json => report::json::draw(page).map_err(|error| error.to_string()),
        Format::Csv => report::csv::draw(page).map_err(|error| error.to_string()),
        Format::Markdown => Ok(report::markdown::draw(page)),
        #[cfg(feature = "charts")]
        Format::Html => report::html::draw(page).map_err(|error| error.to_string()),
        #[cfg(not(feature = "charts"))]
        Format::Html => Err("the feature 'charts' is not built in".into()),
        Format::Ledger => Err("a ledger is a folder".into()),
    }
}

/// Writes a text where it is to lie: under a temporary name first, then renamed.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    if path == Path::new("-") {
        return io::stdout().lock().write_all(text.as_bytes());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    // A link stands for what it points to; a pipe or a device is written to, never replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        return fs::write(path, text);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}
