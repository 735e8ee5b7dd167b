"""Payloads as REST APIs print them: objects within objects, and the same users, repositories and addresses again and again.

payloads(seed) gives {name: text}. Shapes follow GitHub's REST API (pulls, issues, workflow runs, events), a list of Kubernetes' pods and
Twitter's search; all names and numbers are made up.
"""
import json
import random

USER_LINKS = ("followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions",
              "organizations", "repos", "events{/privacy}", "received_events")
REPO_LINKS = ("forks", "keys{/key_id}", "collaborators{/collaborator}", "teams", "hooks", "issues/events{/number}", "events",
              "assignees{/user}", "branches{/branch}", "tags", "git/blobs{/sha}", "git/tags{/sha}", "git/refs{/sha}",
              "git/trees{/sha}", "statuses/{sha}", "languages", "stargazers", "contributors", "subscribers", "subscription",
              "commits{/sha}", "git/commits{/sha}", "comments{/number}", "issues/comments{/number}", "contents/{+path}",
              "compare/{base}...{head}", "merges", "{archive_format}{/ref}", "downloads", "issues{/number}", "pulls{/number}",
              "milestones{/number}", "notifications{?since,all,participating}", "labels{/name}", "releases{/id}", "deployments")
WORDS = "cache retry parser socket token window index queue shard lease codec buffer route stream probe".split()


class World:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.api = "https://api.github.com"
        self.users = [self.user(w + self.r.choice(("dev", "bot", "-io", ""))) for w in self.r.sample(WORDS, 9)]
        self.repos = [self.repo(self.r.choice(self.users), w) for w in self.r.sample(WORDS, 3)]

    def sha(self):
        return "%040x" % self.r.getrandbits(160)

    def time(self):
        return "2026-%02d-%02dT%02d:%02d:%02dZ" % tuple(self.r.randint(1, k) for k in (12, 28, 23, 59, 59))

    def title(self):
        return " ".join(self.r.sample(WORDS, 4))

    def user(self, login):
        number, url = self.r.randint(10**5, 10**8), f"{self.api}/users/{login}"
        u = {"login": login, "id": number, "node_id": "MDQ6VXNlcg" + str(number),
             "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4", "gravatar_id": "", "url": url,
             "html_url": f"https://github.com/{login}"}
        for link in USER_LINKS:
            u[link.split("{")[0] + "_url"] = f"{url}/{link}"
        u.update(type="User", site_admin=False)
        return u

    def repo(self, owner, name, full=True):
        number, url = self.r.randint(10**5, 10**8), f"{self.api}/repos/{owner['login']}/{name}"
        repo = {"id": number, "node_id": "R_kgDO" + str(number), "name": name, "full_name": f"{owner['login']}/{name}",
                "private": False, "owner": owner, "html_url": f"https://github.com/{owner['login']}/{name}",
                "description": self.title(), "fork": False, "url": url}
        for link in REPO_LINKS:
            repo[link.split("{")[0].strip("/").replace("/", "_") + "_url"] = f"{url}/{link}"
        if full:
            repo.update(created_at=self.time(), pushed_at=self.time(), stargazers_count=self.r.randint(0, 900), language="C",
                        license={"key": "mit", "name": "MIT License", "spdx_id": "MIT", "url": f"{self.api}/licenses/mit"},
                        topics=self.r.sample(WORDS, 3), default_branch="main")
        return repo

    def labels(self, repo):
        return [{"id": 5000 + WORDS.index(w), "node_id": f"LA_{w}", "url": f"{repo['url']}/labels/{w}", "name": w,
                 "color": "%06x" % (WORDS.index(w) * 999), "default": False, "description": f"about the {w}"}
                for w in self.r.sample(WORDS[:6], self.r.randint(0, 3))]

    def pull(self, k):
        r, repo = self.r, self.r.choice(self.repos[:2])
        user, url = r.choice(self.users), f"{repo['url']}/pulls/{k}"
        return {"url": url, "id": r.randint(10**8, 10**9), "html_url": f"{repo['html_url']}/pull/{k}",
                "diff_url": f"{repo['html_url']}/pull/{k}.diff", "issue_url": f"{repo['url']}/issues/{k}", "number": k,
                "state": r.choice(("open", "closed")), "title": self.title(), "user": user,
                "body": ". ".join(self.title() for _ in range(r.randint(1, 5))), "created_at": self.time(),
                "merge_commit_sha": self.sha(), "assignee": r.choice(self.users + [None]), "labels": self.labels(repo),
                "requested_reviewers": r.sample(self.users, r.randint(0, 2)), "draft": False,
                "commits_url": f"{url}/commits", "statuses_url": f"{repo['url']}/statuses/{self.sha()}",
                "head": {"label": f"{user['login']}:fix", "ref": "fix", "sha": self.sha(), "user": user, "repo": repo},
                "base": {"label": f"{repo['owner']['login']}:main", "ref": "main", "sha": self.sha(), "user": repo["owner"],
                         "repo": repo},
                "author_association": "MEMBER", "auto_merge": None}

    def issue(self, k):
        r, repo = self.r, self.repos[0]
        url = f"{repo['url']}/issues/{k}"
        return {"url": url, "repository_url": repo["url"], "labels_url": url + "/labels{/name}", "comments_url": url + "/comments",
                "events_url": url + "/events", "html_url": f"{repo['html_url']}/issues/{k}", "id": r.randint(10**8, 10**9),
                "number": k, "title": self.title(), "user": r.choice(self.users), "labels": self.labels(repo),
                "state": r.choice(("open", "closed")), "assignee": r.choice(self.users + [None] * 3), "comments": r.randint(0, 9),
                "created_at": self.time(), "closed_at": r.choice((None, self.time())),
                "body": ". ".join(self.title() for _ in range(r.randint(1, 9))),
                "reactions": {"url": url + "/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "heart": 0}}

    def run(self, k):
        r, repo = self.r, self.repos[1]
        user, number = r.choice(self.users), r.randint(10**9, 10**10)
        url, sha = f"{repo['url']}/actions/runs/{number}", self.sha()
        return {"id": number, "name": "CI", "node_id": f"WFR_{number}", "head_branch": "main", "head_sha": sha, "run_number": k,
                "event": "push", "status": "completed", "conclusion": r.choice(("success", "failure")), "workflow_id": 77012,
                "url": url, "html_url": f"{repo['html_url']}/actions/runs/{number}", "created_at": self.time(), "actor": user,
                "triggering_actor": user, "jobs_url": url + "/jobs", "logs_url": url + "/logs", "rerun_url": url + "/rerun",
                "workflow_url": f"{repo['url']}/actions/workflows/77012",
                "head_commit": {"id": sha, "tree_id": self.sha(), "message": self.title(), "timestamp": self.time(),
                                "author": {"name": user["login"], "email": f"{user['login']}@example.net"}},
                "repository": repo, "head_repository": repo}

    def event(self, k):
        r, repo, user = self.r, self.r.choice(self.repos), self.r.choice(self.users)
        return {"id": str(r.randint(10**10, 10**11)), "type": "PushEvent",
                "actor": {"id": user["id"], "login": user["login"], "display_login": user["login"], "gravatar_id": "",
                          "url": user["url"], "avatar_url": user["avatar_url"]},
                "repo": {"id": repo["id"], "name": repo["full_name"], "url": repo["url"]},
                "payload": {"push_id": r.randint(10**9, 10**10), "size": 1, "ref": "refs/heads/main", "head": self.sha(),
                            "commits": [{"sha": s, "author": {"email": f"{user['login']}@example.net", "name": user["login"]},
                                         "message": self.title(), "distinct": True, "url": f"{repo['url']}/commits/{s}"}
                                        for s in [self.sha() for _ in range(r.randint(1, 3))]]},
                "public": True, "created_at": self.time()}

    def pod(self, k):
        r = self.r
        app = r.choice(WORDS[:5])
        env = [{"name": n.upper(), "valueFrom": {"secretKeyRef": {"name": "shared-secrets", "key": n}}} for n in WORDS[:4]]
        return {"metadata": {"name": f"{app}-{k:05x}", "namespace": "production", "uid": self.sha()[:32],
                             "labels": {"app": app, "team": "platform", "tier": "backend", "release": "stable"}},
                "spec": {"containers": [{"name": app, "image": f"registry.example.net/platform/{app}:1.{WORDS.index(app)}.0",
                                         "env": env, "resources": {"limits": {"cpu": "500m", "memory": "256Mi"},
                                                                   "requests": {"cpu": "100m", "memory": "128Mi"}},
                                         "volumeMounts": [{"name": "token", "readOnly": True,
                                                           "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
                         "nodeName": f"node-{r.randint(1, 6)}.example.net", "serviceAccountName": "default",
                         "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                                          "tolerationSeconds": 300}]},
                "status": {"phase": r.choice(("Running", "Running", "Pending")), "podIP": f"10.0.{r.randint(0, 9)}.{r.randint(1, 250)}",
                           "startTime": self.time()}}

    def tweet(self, k, retweet=True):
        r = self.r
        user = self.tweeters[r.randrange(len(self.tweeters))]
        t = {"metadata": {"result_type": "recent", "iso_language_code": "en"}, "created_at": self.time(),
             "id": r.getrandbits(59), "text": self.title(), "source": '<a href="http://example.com/#!/app" rel="nofollow">Web</a>',
             "user": user, "geo": None, "coordinates": None, "retweet_count": r.randint(0, 99), "favorited": False,
             "entities": {"hashtags": [], "symbols": [], "urls": [], "user_mentions": [
                 {"screen_name": user["screen_name"], "name": user["name"], "id": user["id"], "indices": [3, 19]}]}, "lang": "en"}
        if retweet and r.random() < .6:
            t["retweeted_status"] = self.famous[r.randrange(len(self.famous))]
        return t

    def twitter(self):
        r = self.r
        self.tweeters = [{"id": r.getrandbits(31), "name": self.title(), "screen_name": w + str(k), "location": r.choice(("", "Oslo")),
                          "description": self.title(), "url": None, "protected": False, "followers_count": r.randint(1, 9999),
                          "profile_background_image_url": "http://abs.example.com/images/themes/theme1/bg.png",
                          "profile_image_url": f"http://pbs.example.com/profile_images/{r.getrandbits(60)}/{w}_normal.jpeg",
                          "profile_link_color": "0084B4", "default_profile": True, "following": False}
                         for k, w in enumerate(WORDS * 2)]
        self.famous = [self.tweet(0, False) for _ in range(6)]
        return {"statuses": [self.tweet(k) for k in range(60)], "search_metadata": {"count": 60, "query": "%23cache"}}


def payloads(seed):
    w = World(seed)
    return {
        "pulls": json.dumps([w.pull(k) for k in range(900, 915)], separators=(",", ":")),
        "issues": json.dumps([w.issue(k) for k in range(400, 430)], indent=2),
        "runs": json.dumps({"total_count": 12, "workflow_runs": [w.run(k) for k in range(12)]}),
        "events": json.dumps([w.event(k) for k in range(30)], indent=2),
        "pods": json.dumps({"apiVersion": "v1", "items": [w.pod(k) for k in range(25)], "kind": "List"}, indent=4),
        "twitter": json.dumps(w.twitter(), separators=(",", ":")),
    }


if __name__ == "__main__":
    import sys
    for name, text in payloads(int(sys.argv[2])).items():
        with open(f"{sys.argv[1]}/{name}.json", "w", encoding="utf-8") as f:
            f.write(text)
