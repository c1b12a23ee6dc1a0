//! Jobs of people who sign in.

use super::Context;
use crate::failure::Failure;
use crate::mail::parties::SignIn;
use jiff::Timestamp;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Mails the link that signs a person in, unless it has less than a minute left to work.
    pub(super) async fn send_sign_in(
        &self,
        leased: &Leased,
        email: &str,
        token: &str,
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        let minutes = Timestamp::now().duration_until(expires_at).as_mins();
        if minutes >= 1 {
            let mut link = self.link("sign-in");
            link.query_pairs_mut().append_pair("token", token);
            let mail = SignIn { link: link.into(), minutes };
            self.send(&format!("sign-in.{}", leased.id), email, &mail).await?;
        }
        self.settle(leased).await
    }
}
