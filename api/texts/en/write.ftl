# The desk on which updates are written.
write-title = Write about { $name }
write-what = An update stands on the page of the <thing>{ $kind }</thing> and in its feed.
write-field-title = Title
write-text-a-blank-line-begins = Text; a blank line begins a new paragraph
write-effect = Publishing shows it at once to everybody who may read the { $kind }, with the name of your organisation and not with yours. It cannot be changed afterwards, only withdrawn. No money moves.
write-publish = Publish
write-what-was-written = What was written
write-nothing-yet = Nothing yet.
write-withdrawn = Written on { $day } by { $by }, withdrawn on { $withdrawn }: { $reason }
write-withdraw-it = Withdraw it
write-withdrawing-takes-its-title-and = Withdrawing takes its title and its text off the page and the feed for good; everybody reads that it was withdrawn, when and why.
write-withdraw = Withdraw
