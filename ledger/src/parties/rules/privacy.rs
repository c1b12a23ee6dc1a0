//! What a donor lets others see.

use crate::words::words;

words! {
    /// Who may see a donor's name.
    Privacy, "privacy level" {
        /// Anybody.
        Public = "public",
        /// The host of the campaign, for its receipts.
        HostOnly = "host_only",
        /// Nobody: only the partner knows it.
        Anonymous = "anonymous",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_as_its_variant_and_no_other_word_does() {
        for privacy in Privacy::ALL {
            assert_eq!(privacy.as_str().parse::<Privacy>(), Ok(*privacy));
            let json = serde_json::to_string(privacy).expect("a word");
            assert_eq!(serde_json::from_str::<Privacy>(&json).expect("the same word"), *privacy);
        }
        let error = "Public".parse::<Privacy>().expect_err("words are in lower case");
        assert_eq!(error.to_string(), "unknown privacy level: use one of public, host_only, anonymous");
    }
}
