use std::fmt::Write as _;

use plotters::style::RGBColor;

/// Colours that differ; after these, the shape of the marker tells policies apart.
pub const SERIES: usize = 7;

/// Pixels drawn for one CSS pixel, because plotters draws whole pixels only.
pub(super) const SCALE: f64 = 10.0;

/// A colour by its purpose. Plotters draws fixed colours, so each purpose is drawn in one that nobody would choose,
/// and [`finish`] turns that into a CSS variable.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ink {
    /// Text and axes.
    Text,
    /// Text that steps back.
    Faint,
    /// Lines behind everything.
    Grid,
    /// What lies behind the chart.
    Paper,
    /// What speaks for a release.
    Good,
    /// What speaks against it.
    Bad,
    /// What leaves it open.
    Open,
    /// The colour of a policy, by its index.
    Series(usize),
}

impl Ink {
    const fn code(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Faint => 2,
            Self::Grid => 3,
            Self::Paper => 4,
            Self::Good => 5,
            Self::Bad => 6,
            Self::Open => 7,
            Self::Series(index) => 16 + (index % SERIES) as u8,
        }
    }

    pub(super) const fn sentinel(self) -> RGBColor {
        RGBColor(0, 0, self.code())
    }

    /// The same for a line in dashes, which plotters cannot draw.
    pub(super) const fn dashed(self) -> RGBColor {
        RGBColor(0, 1, self.code())
    }

    fn variable(self) -> String {
        match self {
            Self::Text => "--ink".to_owned(),
            Self::Faint => "--faint".to_owned(),
            Self::Grid => "--grid".to_owned(),
            Self::Paper => "--paper".to_owned(),
            Self::Good => "--good".to_owned(),
            Self::Bad => "--bad".to_owned(),
            Self::Open => "--open".to_owned(),
            Self::Series(index) => format!("--series-{}", index % SERIES + 1),
        }
    }
}

/// Makes a fragment for a page of what plotters drew: CSS variables for colours, the page's font, a size that follows
/// its container, and a title and a description for those who listen.
pub(super) fn finish(drawn: &str, width: f64, height: f64, title: &str, description: &str) -> String {
    let body = drawn.split_once('>').map_or("", |(_, body)| body);
    let mut body = body.trim().to_owned();
    let inks = [
        Ink::Text,
        Ink::Faint,
        Ink::Grid,
        Ink::Paper,
        Ink::Good,
        Ink::Bad,
        Ink::Open,
    ];
    for ink in inks.into_iter().chain((0..SERIES).map(Ink::Series)) {
        let (code, variable) = (ink.code(), ink.variable());
        for attribute in ["fill", "stroke"] {
            // Quotes inside texts are escaped, so only attributes match.
            body = body.replace(
                &format!("{attribute}=\"#0000{code:02X}\""),
                &format!("style=\"{attribute}:var({variable})\""),
            );
        }
        body = body.replace(
            &format!("stroke=\"#0001{code:02X}\""),
            &format!("style=\"stroke:var({variable});stroke-dasharray:40 30\""),
        );
    }
    for plain in [" font-family=\"sans-serif\"", " opacity=\"1\""] {
        body = body.replace(plain, "");
    }
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {} {}\" width=\"{width}\" \
         height=\"{height}\"><title>{}</title><desc>{}</desc>\n{body}",
        width * SCALE,
        height * SCALE,
        escaped(title),
        escaped(description),
    );
    svg
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}
