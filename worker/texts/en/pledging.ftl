# Mails to donors, and about what they give.
pledging-thanks = Thank you
pledging-thanks-named = Thank you, { $donor }
pledging-platform-shows = The platform where you gave shows your pledge, and changes it for you.
pledging-terms-month = { $amount } each month
pledging-terms-quarter = { $amount } each quarter
pledging-terms-year = { $amount } each year
pledging-terms-once = { $amount } once
pledging-converted = { $amount } ({ $original } at { $rate })
pledging-given-back = { $original } ({ $amount } when you gave it)

pledging-receipt-subject = Receipt: { $amount } for { $campaign }
pledging-receipt-arrived = Your payment has arrived.
pledging-receipt-only = The money is held for this campaign only.
pledging-receipt-yours = Your receipt
pledging-receipt-gifts = Your gifts and plans
pledging-receipt-link = The second link shows what you gave and where it is now, works for 30 days, and lets you pause, redirect or cancel: keep it to yourself. { $tax }
pledging-year-subject = Your receipt of { $year } from { $custodian }
pledging-year-what = This is what you gave in { $year }.
pledging-year-same = It sums up the receipts that you have of each payment. They are the same gifts, not further ones.
pledging-year-yours = Your receipt of the year

pledging-decline = Your payment did not go through
pledging-decline-subject = Your payment for { $campaign } did not go through
pledging-decline-again = You need not do anything: we try again on { $day }.
pledging-decline-new-means = Please choose another means of payment; your pledge waits for it.
pledging-decline-lapsed = We have tried it several times, and stop here. You can revive your pledge whenever you like.
pledging-decline-stopped = We will not try this means of payment again.
pledging-decline-not-collected = This payment cannot be collected, and is not tried again. You can revive your pledge with another means of payment.

pledging-consent = Shall your pledge change?
pledging-consent-subject = Shall your pledge for { $campaign } change?
pledging-consent-what = Your pledge is to change, and needs your consent. Open the link, look at the change and agree to it there. It works once, until { $until }.
pledging-consent-look = Look at the change
pledging-consent-or-not = If you do not want it, do nothing: your pledge stays as it is.
pledging-changed = Your pledge has changed
pledging-changed-subject = Your pledge for { $campaign } has changed
pledging-changed-no-more = It costs you no more than before. What was due before keeps its amount.
pledging-changed-at-the-platform = You agreed to it at the platform where you gave. What was due before keeps its amount.
pledging-changed-by-link = You agreed to it by the link in our mail. What was due before keeps its amount.

pledging-refund = Your refund is on its way
pledging-refund-subject = Refund: { $amount } for { $campaign }
pledging-refund-what = It goes back by the means of payment by which it came.
pledging-refund-kept = Fees of { $fees } that the terms name are not returned.

pledging-move = Who collects your pledge for { $campaign }
pledging-move-asked-subject = Shall somebody else collect your pledge for { $campaign }?
pledging-move-consented-subject = Your pledge for { $campaign } is about to move
pledging-move-active-subject = Your pledge for { $campaign } has moved
pledging-move-stays-subject = Your pledge for { $campaign } stays where it is
pledging-move-asked = Somebody else is to collect it, and needs your consent. Nothing is taken in the new way before the old permission has ended, and no payment is taken twice. Open the link, look at it and answer there. It works once, until { $until }.
pledging-move-consented = You agreed that somebody else collects it. The old permission ends first; until then all stays as it is. If its end is not confirmed until { $until }, nothing changes. If you did not agree, cancel your pledge or tell the host.
pledging-move-active = You agreed to it, and the old permission has ended: from now on it is collected in the new way, for the first time on { $day }. What was begun in the old way ends there.
pledging-move-active-while-it-rests = You agreed to it, and the old permission has ended: from now on it is collected in the new way, for the first time when it is charged again. What was begun in the old way ends there.
pledging-move-declined = It was to be collected by somebody else, and is not: it stays where it is.
pledging-move-expired = It was to be collected by somebody else, which was not answered or confirmed in time: it stays where it is.
pledging-move-rests = when it is charged again
pledging-move-answer = Look at it and answer
pledging-move-or-not = If you do not want it, say so there, or do nothing: your pledge stays where it is.
pledging-move-by-simulation = the simulated provider, for { $partner }
pledging-move-by-stripe = Stripe, for { $host }, through { $partner }

pledging-notice = Your pledge for { $campaign }
pledging-notice-reminder = Reminder: { $subject }
pledging-notice-waits-for-you = Your pledge for { $campaign } waits for you
pledging-notice-waits = Your pledge for { $campaign } waits
pledging-notice-has-lapsed = Your pledge for { $campaign } has lapsed
pledging-notice-is-cancelled = Your pledge for { $campaign } is cancelled
pledging-notice-host-closes = Your pledge for { $campaign } is cancelled, as its host closes
pledging-notice-needs-means = It waits for another means of payment until { $day }, and lapses then. No payment is tried meanwhile.
pledging-notice-needs-campaign = Its campaign takes no money any more. It waits for another campaign until { $day }, and lapses then. No payment is tried meanwhile.
pledging-notice-needs-collector = The platform or the way of payment by which you gave is not there any more. Your pledge waits until { $day }, and lapses then. No payment is tried meanwhile; what you gave so far stays with the campaign.
pledging-notice-lapsed = It has lapsed: no payment is tried any more. You can revive it until { $day }.
pledging-notice-cancelled = It is cancelled. Nothing more is charged; what it brought so far stays with the campaign.
pledging-notice-closes = The host of the campaign closes: your pledge is cancelled, and since { $day } nothing is charged. A payment that was under way may still come through. What of your money is not used goes back to you, or you are asked where it should go; it becomes nobody else's.

pledging-waits = Your money waits for your word
pledging-waits-subject = { $amount } for { $campaign } waits for your word
pledging-waits-yours = It has not been used, and is yours to decide about.
pledging-waits-as-over = The campaign is over. You can have it back, or give it to another campaign.
pledging-waits-as-idle = Nothing of its fund has gone to work for { $months ->
    [one] a month
   *[other] { $months } months
}. You can have it back, or give it to another campaign.
pledging-waits-as-host-closes = The host of the campaign closes. It proposes to move your money to { $proposed }: you can agree, choose another campaign, or have it back.
pledging-waits-decide = Decide about it
pledging-waits-on = It waits for your word for as long as you like, and never becomes anybody else's.
pledging-waits-until = Without your word it goes back to you after { $until }, and never becomes anybody else's.
pledging-waits-link = The link works for 30 days, and lets you redirect or cancel: keep it to yourself; whoever takes your payments gives you a new one.

pledging-held = Your payments wait
pledging-held-subject = Your payments for { $campaign } wait
pledging-held-what = Whoever takes them has its money frozen at present, and nothing is taken from you until that is over. You need not do anything. When it goes on, one payment is taken for the time in between, at the most.
pledging-held-see = See what you gave
pledging-held-link = The link works for 30 days, and lets you change or cancel: keep it to yourself.

pledging-frozen = What { $custodian } holds is frozen
pledging-frozen-subject = What { $custodian } holds for { $book } is frozen
pledging-frozen-what = Payments that it would take, money that it would pay over, refunds that it would send and releases of money that it holds wait. What others hold goes on. Nothing lapses and nothing is forfeited, however long it lasts.
pledging-frozen-then = Release it when the money is free again: what has waited goes on by itself. While it is frozen, this mail comes every 30 days.

pledging-cards = Somebody seems to try cards through { $partner }
pledging-cards-what = Payments from one address, with one card or for one pledge came more often than people give, or most of those that were tried were declined.
pledging-cards-mend = Such pledges are refused and no provider is asked, for as long as it goes on. Put a check before the form on your platform, such as a challenge that programs fail, and look at who gave from there. While it goes on, this mail comes once an hour.

pledging-chargeback = A payment was taken back
pledging-chargeback-subject = A payment of { $amount } was taken back: { $campaign }
pledging-chargeback-open = The bank of a donor took it back, and the provider decides. Evidence counts until { $until }. What the fund holds of the pledge is held until then.
pledging-chargeback-won = It is won: the provider gave it back.
pledging-chargeback-lost-unborne = It is lost, and the risk reserve does not reach. Fund the risk reserve, and it is borne at once.
pledging-chargeback-lost = It is lost, and borne: the service's API shows by whom.
