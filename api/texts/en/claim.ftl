# The desk of a claim.
claim-title = { $team } claims { $amount } for { $title }
claim-heading = { $team } claims { $amount }
claim-for = For
claim-of = { $title }, which pays { $of } in all
claim-change-it = Change it
claim-what-the-milestone-asks-for = What the milestone asks for
claim-is-there = ✓ { $kind }: is there
claim-is-missing = ✗ { $kind }: is missing
claim-your-decision = Your decision
claim-no-tie = I have no tie to { $team }: I do not work with it, and nobody close to me gains by it
claim-needed-where-you-ask-for = Needed where you ask for changes or reject. The team reads it.
claim-amount-that-you-approve = Amount that you approve
claim-approve = Approve
claim-asking = Asking for changes hands the claim back to { $team } with your text; all decisions so far fall.
claim-ask-for-changes = Ask for changes
claim-rejecting-counts-against-the-claim = Rejecting counts against the claim: it pays nothing once as many reject as would have to approve.
claim-reject = Reject
claim-a-tie = I have a tie to { $team }
claim-tie-counts = Your word then counts for nothing on claims of { $team } in this book, from now on.
claim-you-do-not-decide-here = You do not decide here:
claim-what-others-decided = What others decided
claim-others-have-decided-you-see = Others have decided; you see it once you have.
claim-nobody-else-has-decided-yet = Nobody else has decided yet.
claim-you-approved = You approved { $amount } on { $day }
claim-reviewer-approved = A reviewer approved { $amount } on { $day }
claim-you-asked = You asked for changes on { $day }
claim-reviewer-asked = A reviewer asked for changes on { $day }
claim-you-rejected = You rejected it on { $day }
claim-reviewer-rejected = A reviewer rejected it on { $day }
claim-effect = Approving lets { $amount }, or the part of it that you write here, be released to { $team }: once { $needed ->
        [one] one reviewer has approved
       *[other] { $needed } reviewers have approved
    }, and { $days } days have passed in which nobody objects. If reviewers approve different amounts, the lowest counts.
claim-escalated = The owners of the host were called in. If nobody decides, it expires.
claim-silence-release = If nobody decides by then, it counts as approved.
claim-silence-escalate = If nobody decides by then, the owners of the host are called in.
claim-write-what = write what should change, or why you reject it
