"""What search holds."""

from doorstep.base.declaring import about_nobody
from doorstep.web.models import SearchWord

about_nobody(
    SearchWord,
    "Single words of posts, teams and gatherings that any member may read, with how often each "
    "is used; made anew every half hour, so a word goes when the last post with it goes.",
)
