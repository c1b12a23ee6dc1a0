# Somebody confirms a bank account of theirs, by the link of a mail.
payee-is-yours = Is this your bank account?
payee-ends-in = Ends in
payee-country = Country
payee-currency = For payouts in
payee-confirmed-already = It is confirmed already.
payee-when = Payouts go there three days after you confirm it. Until then they go where they went.
payee-mine = It is mine
payee-not-mine = You know nothing of it? Close this page: nothing changes without you. Then tell whoever pays you, since somebody has used your session.
payee-confirmed = Your bank account is confirmed
payee-from = Payouts go to the account ending in { $digits } from { $day } on. A mail says so too.
payee-already = Payouts go to the account ending in { $digits } already. A mail says so too.
payee-reject = Until then you can reject it.
