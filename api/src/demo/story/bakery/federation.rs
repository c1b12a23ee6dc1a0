//! The bakery is of a federation: by its own word, and the federation reads what its members come to together, and no account of any of them.

use super::Bakery;
use crate::demo::OPERATOR;
use crate::demo::cast::{join, organisation, sandbox_book};
use crate::demo::client::{Client, text};
use serde_json::json;

impl Bakery<'_> {
    /// It is asked, it accepts, and what the federation reads is what the bakery's own balance sheet says.
    pub(super) async fn is_of_a_federation(&self, base: &str) -> anyhow::Result<()> {
        let (teller, cooperative) = (self.teller, &self.cooperative);
        teller.progress.say("a union of bakeries asks the bakery in, and reads sums of it, but no account");
        let operator = Client::sign_in(base, teller.mail(), OPERATOR).await?;
        let union = organisation(&operator, "Union of Bakeries", "cooperative").await?;
        let keeper = join(&operator, &union, "treasurer@bakeries.example", "treasurer").await?;
        let book = sandbox_book(&keeper, &union, "Union of Bakeries (sandbox)").await?;
        let at = |what: &str| format!("/v1/cooperatives/{book}/{what}");
        let asked = keeper.post(&at("affiliations"), &json!({"member": cooperative.book})).await?.ok()?;
        let accept = format!("/v1/affiliations/{}:accept", text(&asked, "/id")?);
        let own = keeper.post(&accept, &json!({})).await?;
        teller.equal("a union that accepts in the bakery's place", own.status.as_u16(), 403)?;
        let member = cooperative.approver.post(&accept, &json!({})).await?.ok()?;
        teller.equal("the bakery, once it has accepted", text(&member, "/state")?, "member")?;
        let together = keeper.get(&at("consolidation")).await?.ok()?;
        let total = |what: &str| text(&together, &format!("/{what}/amount"));
        let totals = [total("assets")?, total("liabilities")?, total("equity")?, total("result")?];
        teller.equal("the union with the bakery", totals.join(" / "), teller.literals.bakery_end.as_str())?;
        let read = keeper.get(&self.of_book("accounts")).await?;
        teller.refused("the union, of an account of the bakery", &read, 404, "not-found")
    }
}
