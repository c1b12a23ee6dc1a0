//! Mails to people who sign in.

use super::templates::mail;

/// The mail with the link that signs a person in.
pub(crate) struct SignIn {
    /// The link with its secret.
    pub(crate) link: String,
    /// How long it works, in minutes.
    pub(crate) minutes: i64,
}
mail!(SignIn: "parties/sign_in.subject.txt", "parties/sign_in.txt", "parties/sign_in.html");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::templates::Mail as _;

    #[test]
    fn the_mail_of_a_sign_in_carries_its_link_and_for_how_long_it_works() {
        let link = "https://purse.example.org/sign-in?token=t0ken";
        let mail = SignIn { link: link.into(), minutes: 15 }.render().unwrap();
        assert!(mail.text.contains(link) && mail.html.contains(link) && mail.text.contains("15 minutes"));
    }
}
