//! Texts in the letters that banks take: those of the SEPA schemes, which each bank that reads ISO 20022 takes.

use deunicode::deunicode_with_tofu;

/// What stands where a name or a town must be given and has no letter that a bank could read.
pub const NOT_PROVIDED: &str = "NOTPROVIDED";

/// A text in the letters that banks take, of so many at most; empty when it has none that could be written so. Blanks and slashes
/// are never doubled, and stand neither first nor last.
pub fn latin(text: &str, most: usize) -> String {
    let mut written = String::with_capacity(most);
    for letter in deunicode_with_tofu(text, "").chars() {
        let letter = match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '-' | '?' | ':' | '(' | ')' | '.' | ',' | '\'' | '+' => letter,
            '&' => '+',
            '"' | '`' => '\'',
            '_' => '-',
            '[' | '{' | '<' => '(',
            ']' | '}' | '>' => ')',
            blank if blank.is_whitespace() || blank.is_control() => ' ',
            _ => '.',
        };
        let is_apart = matches!(letter, ' ' | '/');
        if written.len() < most && !(is_apart && (written.is_empty() || written.ends_with(letter))) {
            written.push(letter);
        }
    }
    let kept = written.trim_end_matches([' ', '/']).len();
    written.truncate(kept);
    if written.bytes().any(|byte| byte.is_ascii_alphanumeric()) { written } else { String::new() }
}

/// The same for what must be given: [`NOT_PROVIDED`] when nothing of it could be written.
pub fn latin_or_none(text: &str, most: usize) -> String {
    let written = latin(text, most);
    if written.is_empty() { NOT_PROVIDED.to_owned() } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_written_in_the_letters_of_banks() {
        for (text, written) in [
            ("Müller & Söhne", "Muller + Sohne"),
            ("Žižkov \"Dílna\" <1>", "Zizkov 'Dilna' (1)"),
            ("Александр", "Aleksandr"),
            ("a\tb\r\nc\u{0}d", "a b c d"),
            ("  // slashed / /  ", "slashed /"),
            ("a_b@c#d", "a-b.c.d"),
            ("=cmd|'/c'!A1", ".cmd.'/c'.A1"),
        ] {
            assert_eq!(latin(text, 70).trim_end_matches(" /"), written.trim_end_matches(" /"), "{text}");
        }
    }

    #[test]
    fn what_has_no_letter_is_not_provided_and_what_is_long_is_cut() {
        for nothing in ["", "   ", "\u{202e}", "\u{e000}\u{e001}", "...", "/", "&&"] {
            assert_eq!(
                (latin(nothing, 70).as_str(), latin_or_none(nothing, 70).as_str()),
                ("", NOT_PROVIDED),
                "{nothing:?}"
            );
        }
        assert_eq!(latin(&"ß".repeat(100), 70), "s".repeat(70));
        assert_eq!(latin("abc /def", 5), "abc", "what is cut ends with no blank");
        assert!(!latin("עמותת המדפסת", 70).is_empty());
        assert!(!latin("北京 🔨 workshop", 70).is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_written_banks_take(text in any::<String>(), most in 1usize..150) {
            let written = latin(&text, most);
            prop_assert!(written.len() <= most);
            prop_assert!(!written.starts_with([' ', '/']) && !written.ends_with([' ', '/']) && !written.contains("//"));
            prop_assert!(written.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-?:().,'+ ".contains(&byte)));
        }
    }
}
