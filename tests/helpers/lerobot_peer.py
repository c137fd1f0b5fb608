"""LeRobot itself. Runs where `lerobot` is installed, as scripts/lerobot_environment.sh installs it.

python lerobot_peer.py save KIND FOLDER     saves a tiny random policy (act, diffusion) with its processors
python lerobot_peer.py ask FOLDER SEEN      plays it on the observations of SEEN.npz, one after another, and prints the actions
python lerobot_peer.py hub FILE             makes the environments of an EnvHub file, and prints what each shows
"""

import json
import sys

import numpy as np
import torch
from lerobot.configs.policies import PreTrainedConfig
from lerobot.configs.types import FeatureType, PolicyFeature
from lerobot.policies.factory import get_policy_class, make_policy_config, make_pre_post_processors

FRONT, STATE, ACTION = "observation.images.front", "observation.state", "action"
SIZE_PX = 64
SMALL = {
    "act": dict(
        chunk_size=8, n_action_steps=4, dim_model=32, n_heads=2, dim_feedforward=32, n_encoder_layers=1,
        n_vae_encoder_layers=1, latent_dim=4, pretrained_backbone_weights=None,
    ),
    "diffusion": dict(
        n_obs_steps=2, horizon=8, n_action_steps=4, down_dims=(16, 32), num_inference_steps=2, crop_shape=(56, 56),
        spatial_softmax_num_keypoints=4, diffusion_step_embed_dim=16, pretrained_backbone_weights=None,
    ),
}  # fmt: skip


def save(kind, folder):
    torch.manual_seed(0)
    config = make_policy_config(
        kind,
        device="cpu",
        push_to_hub=False,
        input_features={
            FRONT: PolicyFeature(FeatureType.VISUAL, (3, SIZE_PX, SIZE_PX)),
            STATE: PolicyFeature(FeatureType.STATE, (15,)),
        },
        output_features={ACTION: PolicyFeature(FeatureType.ACTION, (7,))},
        **SMALL[kind],
    )
    step = torch.tensor([0.01] * 3 + [0.05] * 3 + [1.0])
    statistics = {
        FRONT: dict(mean=torch.full((3, 1, 1), 0.5), std=torch.full((3, 1, 1), 0.25)),
        STATE: dict(mean=torch.zeros(15), std=torch.ones(15), min=-torch.ones(15), max=torch.ones(15)),
        ACTION: dict(mean=torch.zeros(7), std=step, min=-step, max=step),
    }
    parts = [get_policy_class(kind)(config), *make_pre_post_processors(config, dataset_stats=statistics)]
    for part in parts:
        part.save_pretrained(folder)


def ask(folder, seen):
    config = PreTrainedConfig.from_pretrained(folder)
    config.device = "cpu"
    policy = get_policy_class(config.type).from_pretrained(folder, config=config).eval()
    before, after = make_pre_post_processors(config, pretrained_path=folder)
    policy.reset()
    held, actions = np.load(seen), []
    for picture, state in zip(held["pictures"], held["states"], strict=True):
        batch = before({FRONT: torch.from_numpy(picture), STATE: torch.from_numpy(state), "task": "go"})
        with torch.inference_mode():
            actions.append(after(policy.select_action(batch))[0].tolist())
    print(json.dumps(actions))


def hub(file):
    from lerobot.envs.utils import _call_make_env, _load_module_from_path, _normalize_hub_result

    module = _load_module_from_path(file, "hub_env_vlagen")
    made, shown = _normalize_hub_result(_call_make_env(module, 1, False, None)), {}
    envs = made["lighting_l3"]
    for arm, env in envs.items():
        seen, _ = env.reset(seed=[5])
        shown[arm] = {
            "told": env.call("task_description")[0],
            "state": seen["agent_pos"][0].tolist(),
            "picture": seen["pixels"]["front"][0, ::32, ::32].astype(int).tolist(),
        }
        env.close()
    print(json.dumps({"conditions": list(made), "arms": shown}))


if __name__ == "__main__":
    {"save": save, "ask": ask, "hub": hub}[sys.argv[1]](*sys.argv[2:])
