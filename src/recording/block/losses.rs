use crate::diagnostic::Finding;

/// Findings about single chunks and series of one block that are told one by one; more are counted.
const TOLD: usize = 5;

/// What of a block could not be read.
#[derive(Debug, Default)]
pub(super) struct Losses {
    told: usize,
    untold: usize,
    histograms: usize,
    /// Chunks of an encoding that is not read, and the last such encoding.
    unknown: (usize, u8),
}

impl Losses {
    /// Tells of one loss, or counts it when enough have been told.
    pub fn tell(&mut self, findings: &mut Vec<Finding>, finding: impl FnOnce() -> Finding) {
        if self.told < TOLD {
            self.told += 1;
            findings.push(finding());
        } else {
            self.untold += 1;
        }
    }

    /// Counts a chunk of an encoding that is not read.
    pub fn unread(&mut self, encoding: u8) {
        match encoding {
            // Native histograms, of integers and floats, with start timestamps too.
            2 | 3 | 5 | 6 => self.histograms += 1,
            _ => self.unknown = (self.unknown.0 + 1, encoding),
        }
    }

    /// What was counted, said of the block `about`.
    pub fn findings(&self, about: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut say = |message: String, help: &str| {
            let finding = Finding::warning(message).about(about);
            findings.push(if help.is_empty() {
                finding
            } else {
                finding.help(help)
            });
        };
        if self.untold > 0 {
            say(format!("{} more losses of this kind", self.untold), "");
        }
        if self.histograms > 0 {
            say(
                format!(
                    "{} chunks hold native histograms: they are left out",
                    self.histograms
                ),
                "only float samples are read: have targets scraped with `always_scrape_classic_histograms: true` \
                 for the `_bucket` series that queries of canaries use",
            );
        }
        if let (count @ 1.., encoding) = self.unknown {
            say(
                format!("{count} chunks are of encoding {encoding}, which is not read: they are left out"),
                match encoding {
                    4 => {
                        "the server writes XOR2 chunks: switch that feature off, or write text with \
                         `promtool tsdb dump-openmetrics` and read that"
                    }
                    0xff => "these are downsampled aggregates: take the raw block of the same hours",
                    _ => "write text with the server's own `promtool tsdb dump-openmetrics` and read that",
                },
            );
        }
        findings
    }
}
