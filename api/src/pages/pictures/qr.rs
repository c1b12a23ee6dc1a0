//! An address as a picture that the camera of a telephone reads (ISO/IEC 18004). It stands beside the same address in words.

use crate::problem::Problem;
use askama::Template;
use qrcode::{Color, QrCode};
use std::fmt::Write as _;

/// Light modules around the dark ones, as the standard wants them.
const QUIET_ZONE: usize = 4;

#[derive(Template)]
#[template(path = "pictures/qr.svg", escape = "html")]
struct Picture {
    side: usize,
    /// The dark modules: each run of a row is a rectangle one high.
    dark: String,
}

/// The picture of a text.
///
/// # Errors
///
/// 500 for a text that is too long for any such picture.
pub(in crate::pages) fn picture(text: &str) -> Result<String, Problem> {
    let code = QrCode::new(text).map_err(|_| Problem::internal())?;
    let width = code.width();
    let mut dark = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, long) = (column + QUIET_ZONE, row + QUIET_ZONE, run.len());
                write!(dark, "M{x} {y}h{long}v1h-{long}z").map_err(|_| Problem::internal())?;
            }
            column += run.len();
        }
    }
    crate::pages::rendered(&Picture { side: width + 2 * QUIET_ZONE, dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_has_a_quiet_border_and_its_three_corners_and_nothing_of_the_text() {
        let drawn = picture("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&<script>").unwrap();
        // The upper edge of the left corner: seven dark modules behind four light ones.
        assert!(drawn.contains("M4 4h7v1h-7z"), "{drawn}");
        assert!(!drawn.contains("script") && !drawn.contains("JBSW") && !drawn.contains("style="), "{drawn}");
        assert!(picture(&"x".repeat(5_000)).is_err());
    }
}
