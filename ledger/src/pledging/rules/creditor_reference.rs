//! The structured creditor reference of ISO 11649: `RF`, two check digits, and up to 21 letters and digits.

/// The longest reference of this kind.
pub const LENGTH_MAX: usize = 25;

/// Whether a text without blanks is one whose check digits are right: its letters as numbers from 10, the first four characters
/// at the end, the rest of the division by 97 is 1 (ISO 7064, MOD 97-10).
pub fn is_valid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_shaped = (5..=LENGTH_MAX).contains(&bytes.len())
        && bytes.starts_with(b"RF")
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    is_shaped && bytes[4..].iter().chain(&bytes[..4]).fold(0, |rest, byte| next(rest, *byte)) == 1
}

/// The reference with a body of letters in upper case and digits, 1 to 21 of them: with its check digits before it.
pub fn with_check_digits(body: &str) -> String {
    let rest = body.bytes().chain(*b"RF00").fold(0, next);
    format!("RF{:02}{body}", 98 - rest)
}

fn next(rest: u32, byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    }
}

/// The first reference that stands in a text as people type it: with blanks in it, or in small letters; none when there is none.
pub fn found_in(text: &str) -> Option<String> {
    all_in(text).into_iter().next()
}

/// All references that stand in a text as people type it, in its order.
pub fn all_in(text: &str) -> Vec<String> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_uppercase)
        .collect();
    let begins = (0..words.len()).filter(|place| words[*place].starts_with("RF"));
    // The longest one that is right: what follows it in the text is rarely a part of it by chance.
    begins.filter_map(|place| longest(&words[place..])).collect()
}

fn longest(words: &[String]) -> Option<String> {
    let mut text = String::new();
    let mut found = None;
    for word in words {
        text.push_str(word);
        if text.len() > LENGTH_MAX {
            break;
        }
        if is_valid(&text) {
            found = Some(text.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b9_a_reference_counts_when_its_check_digits_are_right() {
        for right in ["RF18539007547034", "RF712348231", "RF45ABC"] {
            assert!(is_valid(right), "{right}");
        }
        for wrong in
            ["RF04ABC", "RF18539007547035", "rf18539007547034", "RF18", "", "RFXX539007547034", "RF18539007547034 "]
        {
            assert!(!is_valid(wrong), "{wrong}");
        }
        assert!(!is_valid(&format!("RF18{}", "5".repeat(22))));
    }

    #[test]
    fn b9_a_body_with_its_check_digits_is_right_and_with_any_other_ones_is_not() {
        assert_eq!(with_check_digits("539007547034"), "RF18539007547034");
        for body in ["1", "A", "ZZZZZZZZZZZZZZZZZZZZZ", "C00000000000000000000"] {
            let right = with_check_digits(body);
            assert!(is_valid(&right), "{right}");
            let others = (0..100).map(|digits| format!("RF{digits:02}{body}")).filter(|other| *other != right);
            // 98 to 101 are the same rests as 1 to 4 and so on: no two of 02 to 98 are.
            assert_eq!(others.filter(|other| is_valid(other) && ("RF02".."RF99").contains(&&other[..4])).count(), 0);
        }
    }

    #[test]
    fn b9_it_is_found_as_people_type_it_and_nothing_else_is() {
        let found = |text: &str| found_in(text);
        assert_eq!(found("gift, rf18 5390 0754 7034 thanks").as_deref(), Some("RF18539007547034"));
        assert_eq!(found("RF18-5390-0754-7034").as_deref(), Some("RF18539007547034"));
        assert_eq!(found("RF00 nothing / RF712348231").as_deref(), Some("RF712348231"));
        for none in ["", "Reference 18539007547034", "RF", "RF1853900754703", "RÜF18 5390"] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
